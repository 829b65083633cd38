/** What a program prints during one call: people see it at once, and it is kept in case the call is cancelled. */
import type { PrintedEvent } from '../../contracts/runs.ts'
import { HeadAndTail } from '../../tools/kit/truncate.ts'

export class Printed {
  readonly #show: (piece: Omit<PrintedEvent, 'tool_run_id'>) => void
  readonly #kept = new HeadAndTail()
  #length = 0

  constructor(show: (piece: Omit<PrintedEvent, 'tool_run_id'>) => void) {
    this.#show = show
  }

  add(text: string): void {
    this.#show({ offset: this.#length, text })
    this.#length += text.length
    this.#kept.add(Buffer.from(text))
  }

  /** The beginning and the end of it; empty if nothing was printed. */
  text(): string {
    return this.#kept.text()
  }
}
