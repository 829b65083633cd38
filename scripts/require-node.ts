/** Imported first by what people start, so that an old Node says what is wrong before anything else fails on it. */
const NEEDED = 24
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `This needs Node ${NEEDED}; this is ${process.versions.node}. Start it by npm (npm start): it brings its own.`,
  )
  process.exit(1)
}
