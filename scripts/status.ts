/** Prints what is running on this data folder; with --json as one object, for scripts. Exits with 1 if nothing is running. */
import './require-node.ts'
import { dataFolder, runningInstance } from './instance.ts'

const folder = dataFolder()
const instance = await runningInstance(folder)
if (!instance) {
  console.error(`Nothing is running on ${folder}. Start the platform with: npm start`)
  process.exit(1)
}

const { pid, began, ...status } = instance
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(status))
} else if (!status.ready) {
  console.log(`The platform is starting (process ${pid}).`)
} else {
  console.log(`The platform is running at ${status.web_url} (process ${pid}).`)
  console.log(`  API       ${status.api_url}`)
  console.log(`  database  ${status.database}`)
  console.log(`  sandbox   ${status.sandbox}`)
  console.log(`  model     ${status.model}`)
}
