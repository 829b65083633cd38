/** Adds to vitest's report: the time of each project, the slowest files, and the tests that needed a second try. */
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const SLOW_FILES = 10

interface Span {
  files: number
  /** The sum over all its files, of which several run at the same time. */
  testMs: number
  begin: number
  end: number
}

export default class Report implements Reporter {
  readonly #began = new Map<string, number>()
  readonly #projects = new Map<string, Span>()
  readonly #files: { name: string; ms: number }[] = []
  readonly #secondTries: string[] = []
  #passed = 0
  #failed = 0

  onTestModuleQueued(module: TestModule): void {
    this.#began.set(module.id, Date.now())
  }

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result()
    if (state === 'passed') this.#passed++
    if (state === 'failed') this.#failed++
    if (test.diagnostic()?.retryCount)
      this.#secondTries.push(`${state}: ${test.module.relativeModuleId} > ${test.fullName}`)
  }

  onTestModuleEnd(module: TestModule): void {
    const end = Date.now()
    const begin = this.#began.get(module.id) ?? end
    const { name } = module.project
    const span = this.#projects.get(name) ?? { files: 0, testMs: 0, begin, end }
    this.#projects.set(name, {
      files: span.files + 1,
      testMs: span.testMs + (end - begin),
      begin: Math.min(span.begin, begin),
      end: Math.max(span.end, end),
    })
    this.#files.push({ name: `${name} ${module.relativeModuleId}`, ms: end - begin })
    // a file that could not be loaded has no tests that could fail
    if (module.state() === 'failed' && module.errors().length > 0) this.#failed++
  }

  onTestRunEnd(_modules: unknown, unhandledErrors: readonly unknown[]): void {
    const slowest = this.#files.sort((a, b) => b.ms - a.ms).slice(0, SLOW_FILES)
    const lines = [
      ...section('Time of each project', [...this.#projects].map(projectLine)),
      ...section(
        'Slowest files',
        slowest.map(({ name, ms }) => `${seconds(ms)} ${name}`),
      ),
      ...section('Tests that needed a second try', this.#secondTries),
      '',
      `${this.#passed} passed, ${this.#failed + unhandledErrors.length} failed`,
    ]
    console.log(lines.join('\n'))
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1).padStart(7)} s`

const projectLine = ([name, { files, testMs, begin, end }]: [string, Span]) =>
  `${seconds(end - begin)} ${name} (${files} files, ${(testMs / 1000).toFixed(0)} s if they ran one after another)`

const section = (title: string, lines: string[]) =>
  lines.length > 0 ? ['', title, ...lines.map((line) => `  ${line}`)] : []
