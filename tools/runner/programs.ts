/** What a tool of the sandbox uses to run programs: asks the executor, which runs each in a room of its own. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RunnerReply, RunnerRequest } from '../../contracts/runner.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { Program, ProgramResult } from '../../contracts/tool-services.ts'

type Answer = Extract<RunnerRequest, { type: 'program_ended' | 'program_failed' }>

export class ProgramRequests {
  readonly #workspace: string
  readonly #send: (reply: RunnerReply) => void
  /** By the id of the call. */
  readonly #running = new Map<string, PromiseWithResolvers<ProgramResult>>()

  constructor(workspace: string, send: (reply: RunnerReply) => void) {
    this.#workspace = workspace
    this.#send = send
  }

  async run(id: string, { command, stdin, timeoutMs }: Program): Promise<ProgramResult> {
    if (this.#running.has(id)) throw new ToolError('tool_failed', 'A call runs one program at a time.')
    const answer = Promise.withResolvers<ProgramResult>()
    this.#running.set(id, answer)
    try {
      await openToGroup(this.#workspace)
      this.#send({ type: 'program', id, command, stdin, timeout_ms: timeoutMs })
      return await answer.promise
    } finally {
      this.#running.delete(id)
    }
  }

  answer(answer: Answer): void {
    const running = this.#running.get(answer.id)
    if (answer.type === 'program_failed') running?.reject(new ToolError(answer.error.code, answer.error.message))
    else {
      const { exit_code, signal, ended_for, stdout, stderr } = answer
      running?.resolve({ exitCode: exit_code, signal, endedFor: ended_for, stdout, stderr })
    }
  }
}

/**
 * Programs have another user, and the group of the tools. Files of the tools that are closed to the group are opened to it;
 * program-keeper.pl does the same with the files of programs.
 */
async function openToGroup(workspace: string): Promise<void> {
  const closed = ['(', '-type', 'd', '!', '-perm', '-070', '-o', '-type', 'f', '!', '-perm', '-060', ')']
  const open = ['-exec', 'chmod', 'g+rwX', '{}', '+']
  // a file that vanishes meanwhile is no failure
  await promisify(execFile)('find', [workspace, '-xdev', '-uid', `${process.getuid?.()}`, ...closed, ...open]).catch(
    () => {},
  )
}
