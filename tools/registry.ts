/**
 * The list of all built-in tools. It has only names, so that the runner starts without loading any tool; a tool's module
 * is loaded when it is first used.
 */
import { ownValue } from '../contracts/own-value.ts'
import type { ToolDefinition, ToolManifest } from '../contracts/tool.ts'
import type { ServiceDefinition } from './kit/service.ts'

const loaders: Record<string, () => Promise<ToolDefinition>> = {
  generate_pdf: async () => (await import('./office/generate-pdf.ts')).generatePdf,
  generate_powerpoint: async () => (await import('./office/generate-powerpoint.ts')).generatePowerpoint,
  generate_spreadsheet: async () => (await import('./office/generate-spreadsheet.ts')).generateSpreadsheet,
  list_files: async () => (await import('./files/list-files.ts')).listFiles,
  read_file: async () => (await import('./files/read-file.ts')).readFile,
  run_code: async () => (await import('./code/run-code.ts')).runCode,
  send_email: async () => (await import('./mail/send-email.ts')).sendEmail,
  write_file: async () => (await import('./files/write-file.ts')).writeFile,
}

export const toolNames: string[] = Object.keys(loaders)

/** Throws when there is no tool of that name. */
export async function loadTool(name: string): Promise<ToolDefinition> {
  const load = ownValue(loaders, name)
  if (!load) throw new Error(`no tool named ${name}`)
  return load()
}

/** The services that tools may need in their sandbox. */
const services: Record<string, () => Promise<ServiceDefinition>> = {}

/** Undefined when there is no service of that name. */
export async function loadService(name: string): Promise<ServiceDefinition | undefined> {
  return ownValue(services, name)?.()
}

/** The registry rows of all tools, sorted by name. */
export async function manifests(): Promise<ToolManifest[]> {
  const { manifestOf } = await import('../contracts/tool.ts')
  const tools = await Promise.all(toolNames.map(loadTool))
  return tools.map(manifestOf)
}
