/** The sandboxes of this executor. Everything else in this folder is how. */
import type { Sandbox, SandboxSpec } from '../../contracts/sandbox.ts'
import { ToolCallError } from '../failures.ts'
import { type PoolOptions, SandboxPool } from './sandbox-pool.ts'
import { type SelectOptions, selectDriver } from './select-driver.ts'

export { ToolCallError } from '../failures.ts'

export interface Sandboxes {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap" or "none". */
  readonly name: string
  /** The name, or for "none" the reason as well: one sentence for people. */
  readonly describe: string
  /** The persona's sandbox, running. Rejects with a `ToolCallError`, also where there is none on this machine. */
  sandboxFor(spec: SandboxSpec): Promise<Sandbox>
  /** Stops all sandboxes; personas' files stay. */
  close(): Promise<void>
}

/** Chooses what isolates the personas here; see `SelectOptions` for the environment. Personas' files of the bubblewrap
 * driver are under `<dataDir>/personas`. Throws when `SANDBOX` forces what does not work. */
export async function openSandboxes(options: SelectOptions & PoolOptions): Promise<Sandboxes> {
  const { driver, describe } = await selectDriver(options)
  if (!driver) return noSandboxes(describe)
  const pool = new SandboxPool(driver, options)
  return {
    name: driver.name,
    describe,
    sandboxFor: (spec) => pool.sandboxFor(spec),
    close: () => pool.close(),
  }
}

function noSandboxes(describe: string): Sandboxes {
  return {
    name: 'none',
    describe,
    async sandboxFor() {
      throw new ToolCallError('tool_failed', `This tool needs a sandbox, and there is ${describe}.`)
    },
    async close() {},
  }
}
