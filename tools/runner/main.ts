/**
 * The process that lives in a persona's sandbox: `node /tools/runner/main.ts`. Speaks the protocol of `contracts/runner.ts`
 * on stdin and stdout; stderr is for people. Environment: `WORKSPACE`, the persona's folder (default `/workspace`).
 */
import { loadService, loadTool, toolNames } from '../registry.ts'
import { serve } from './serve.ts'

await serve({ names: toolNames, load: loadTool, loadService }, process.env.WORKSPACE ?? '/workspace')
