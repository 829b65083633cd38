/** Entry points import this first, so that people with an old Node get a clear message before anything else fails. */
const NEEDED = 24
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `This needs Node ${NEEDED}, and this is ${process.versions.node}. Start it with npm (npm start), which uses the right one.`,
  )
  process.exit(1)
}
