/** Preloaded where the runner's compile cache is made (executor/sandbox/runner-cache.ts), so that the tools are in it, too. */
import { loadTool, toolNames } from '../registry.ts'

await Promise.all(toolNames.map(loadTool))
