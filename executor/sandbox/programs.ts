/**
 * Runs programs that a model or a person wrote. Each gets a room of its own, in which nothing else runs, under another user
 * than the tools: it shares only the workspace and the way out with the persona's sandbox. No runner and no secret is in
 * there. What the program prints comes over the room's own stream, and everything that it leaves running ends with the room.
 */
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { MAX_PROGRAM_OUTPUT_BYTES } from '../../contracts/runner.ts'
import type { Program, ProgramResult } from '../../contracts/tool-services.ts'
import { Printer } from '../../tools/kit/printer.ts'
import { HeadAndTail } from '../../tools/kit/truncate.ts'
import { ToolCallError } from '../failures.ts'
import { programCommand, type RunnerProcess } from './launchers/launcher.ts'

/** Each room may use as much memory and CPU as the persona's sandbox, so only a few exist at a time. */
const MOST_AT_ONCE = 4
/** The keeper ends a program that is too slow. A room whose keeper does not is ended this much later. */
const KEEPER_GRACE_MS = 5_000
/** What the keeper writes to stderr at the end: tools/runner/program-keeper.pl. */
const REPORT = /\0(?:(exit|signal) (\d{1,3})|(timeout))\n/

/** Starts a room with this command as its first process. */
type OpenRoom = (command: string[]) => Promise<RunnerProcess>

export class Programs {
  readonly #log: Logger
  readonly #open: OpenRoom
  /** Each resolves when its room is gone. */
  readonly #rooms = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  readonly #waiting: (() => void)[] = []
  #free = MOST_AT_ONCE

  constructor(log: Logger, open: OpenRoom) {
    this.#log = log
    this.#open = open
  }

  /** `print` gets what the program prints, while it runs. Rejects with a `ToolCallError` when it is cancelled or cannot be started. Settles when the room is gone. */
  async run(program: Program, cancel: AbortSignal, print: (text: string) => void): Promise<ProgramResult> {
    const signal = AbortSignal.any([cancel, this.#closing.signal])
    await this.#takePlace(signal)
    const gone = Promise.withResolvers<void>()
    this.#rooms.add(gone.promise)
    try {
      if (signal.aborted) throw stopped()
      return await follow(await this.#openFor(program), program, signal, print)
    } finally {
      gone.resolve()
      this.#rooms.delete(gone.promise)
      this.#leavePlace()
    }
  }

  async #openFor(program: Program): Promise<RunnerProcess> {
    try {
      return await this.#open(programCommand(program))
    } catch (error) {
      this.#log.error({ err: error }, "a program's room could not be started")
      throw new ToolCallError('sandbox_lost', "The program's room could not be started; the executor's log says why.", {
        cause: error,
      })
    }
  }

  /** Ends all rooms. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#rooms)
  }

  async #takePlace(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw stopped()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const place = Promise.withResolvers<void>()
    const abort = () => place.reject(stopped())
    this.#waiting.push(place.resolve)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await place.promise
    } catch (error) {
      const index = this.#waiting.indexOf(place.resolve)
      if (index === -1) this.#leavePlace()
      else this.#waiting.splice(index, 1)
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Gives the place to the call that has waited longest, or frees it. */
  #leavePlace(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}

const stopped = () => new ToolCallError('cancelled', 'The program was stopped.')

async function follow(
  room: RunnerProcess,
  { stdin, timeoutMs }: Program,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ProgramResult> {
  let endedFor: ProgramResult['endedFor'] = null
  const endFor = (why: ProgramResult['endedFor']) => {
    endedFor ??= why
    room.kill()
  }
  const budget = { left: MAX_PROGRAM_OUTPUT_BYTES }
  const stdout = new Output(room.stdout, budget, print)
  const stderr = new Output(room.stderr, budget, (text) => {
    const rest = text.replace(REPORT, '')
    if (rest) print(rest)
  })
  const stop = () => {
    for (const output of [stdout, stderr]) output.printer.flush() // before the call is answered
    room.kill()
  }
  const late = setTimeout(endFor, timeoutMs + KEEPER_GRACE_MS, 'time')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  room.stdin.on('error', stop)
  room.stdin.write(stdin) // stays open: a keeper whose stdin closes has lost its executor, and leaves
  try {
    const read = [stdout, stderr].map((output) => output.read(() => endFor('output')))
    await Promise.all([...read, room.ended])
    if (signal.aborted) throw stopped()
    return { ...reported(stderr.kept.text(), endedFor), stdout: stdout.kept.text() }
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', stop)
  }
}

class Output {
  readonly kept = new HeadAndTail()
  readonly printer: Printer
  readonly #stream: Readable
  readonly #budget: { left: number }

  constructor(stream: Readable, budget: { left: number }, print: (text: string) => void) {
    this.#stream = stream
    this.#budget = budget
    this.printer = new Printer(print)
  }

  /** Resolves when all is read. What comes after the budget is used up is dropped. */
  async read(onTooMuch: () => void): Promise<void> {
    for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
      this.#budget.left -= chunk.length
      if (this.#budget.left < 0) onTooMuch()
      else {
        this.kept.add(chunk)
        this.printer.add(chunk)
      }
    }
    this.printer.flush()
  }
}

/** A room without a report was ended as a whole: by us, for its memory, or by the program itself. */
function reported(stderr: string, endedFor: ProgramResult['endedFor']): Omit<ProgramResult, 'stdout'> {
  const [report = '', how, number = '9', timeout] = REPORT.exec(stderr) ?? []
  const rest = stderr.replace(report, '')
  if (how === 'exit') return { exitCode: Number(number), signal: null, endedFor, stderr: rest }
  return { exitCode: null, signal: signalName(Number(number)), endedFor: timeout ? 'time' : endedFor, stderr: rest }
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
