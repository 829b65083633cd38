/** The sandboxes of this executor: the interface of this folder. */
import type { Sandbox, SandboxSpec } from '../../contracts/sandbox.ts'
import { ToolCallError } from '../failures.ts'
import { type PoolOptions, SandboxPool } from './sandbox-pool.ts'
import { type SelectOptions, selectDriver } from './select-driver.ts'

export { ToolCallError } from '../failures.ts'

export interface Sandboxes {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap" or "none". */
  readonly name: string
  /** One sentence for people: the driver's name, and for "none" also the reason. */
  readonly describe: string
  /** Why this machine cannot run sandboxes. Undefined: it can. */
  readonly missing?: string
  /** The persona's running sandbox. Rejects with a `ToolCallError`, also if this machine cannot run sandboxes. */
  sandboxFor(spec: SandboxSpec): Promise<Sandbox>
  /** Stops all sandboxes. The files of personas stay. */
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
    missing: describe.replace(/^none[:,] /, ''),
    async sandboxFor() {
      throw new ToolCallError('tool_failed', `This tool needs a sandbox, and there is ${describe}.`)
    },
    async close() {},
  }
}
