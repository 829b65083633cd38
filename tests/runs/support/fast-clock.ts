/** Preloaded into a worker (`node --import`). Its timers run twenty times as fast, so that a test does not wait a minute. */
import { createRequire, syncBuiltinESMExports } from 'node:module'

const FASTER = 20
const { setTimeout: later, setInterval: every } = globalThis
const promises: typeof import('node:timers/promises') = createRequire(import.meta.url)('node:timers/promises')
const { setTimeout: sleep } = promises

globalThis.setTimeout = Object.assign(
  (callback: () => void, ms = 0, ...rest: []) => later(callback, ms / FASTER, ...rest),
  later,
)
globalThis.setInterval = ((callback: () => void, ms = 0, ...rest: []) =>
  every(callback, ms / FASTER, ...rest)) as typeof setInterval
promises.setTimeout = (ms = 0, ...rest) => sleep(ms / FASTER, ...rest)
syncBuiltinESMExports()
