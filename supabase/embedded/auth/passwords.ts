/**
 * Hashes and compares passwords in threads, so that sign-ins do not block other requests. lite does it on the main thread with
 * bcryptjs; `hashInThreads` replaces the functions of that module, which lite and we share.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import bcrypt from 'bcryptjs'
import { AuthError } from './errors.ts'

export type PasswordTask = { password: string; cost: number } | { password: string; hash: string }
type Outcome = { id: number } & ({ result: string | boolean } | { error: string })

const BCRYPT_COST = 10
/** Leaves one core free for everything else. */
const THREADS = Math.max(1, Math.min(4, availableParallelism() - 1))
/** With a longer queue, clients would give up before their turn. */
const MAX_WAITING = 100
/** The hash of a password that nobody knows, so that sign-ins to accounts that do not exist take the same time. */
const NOBODYS_HASH = bcrypt.hashSync(crypto.randomUUID(), BCRYPT_COST)

interface Waiting {
  worker: Worker
  resolve(result: string | boolean): void
  reject(error: Error): void
}

let workers: Worker[] = []
let lastId = 0
const waiting = new Map<number, Waiting>()

export const hashPassword = (password: string, cost = BCRYPT_COST) => run({ password, cost }) as Promise<string>

export const isPassword = (password: string, hash: string) => run({ password, hash }) as Promise<boolean>

/** Takes as long as `isPassword`. */
export const compareWithNobody = (password: string) => isPassword(password, NOBODYS_HASH)

export function hashInThreads(): void {
  Object.assign(bcrypt, {
    hash: (password: string, cost: number) => hashPassword(password, cost),
    compare: isPassword,
  })
}

function run(task: PasswordTask): Promise<string | boolean> {
  if (waiting.size >= MAX_WAITING)
    return Promise.reject(new AuthError(429, 'over_request_rate_limit', 'Too many sign-ins at once'))
  if (workers.length < THREADS && waiting.size >= workers.length) workers.push(start())
  const id = ++lastId
  const worker = workers[id % workers.length]!
  return new Promise((resolve, reject) => {
    if (![...waiting.values()].some((other) => other.worker === worker)) worker.ref()
    waiting.set(id, { worker, resolve, reject })
    worker.postMessage({ id, task })
  })
}

function start(): Worker {
  const worker = new Worker(new URL('password-worker.ts', import.meta.url))
  worker.unref()
  worker.on('message', ({ id, ...outcome }: Outcome) => {
    const task = waiting.get(id)
    waiting.delete(id)
    if (![...waiting.values()].some((other) => other.worker === worker)) worker.unref()
    if ('error' in outcome) task?.reject(new Error(outcome.error))
    else task?.resolve(outcome.result)
  })
  worker.on('error', (error) => {
    workers = workers.filter((other) => other !== worker)
    for (const [id, task] of waiting) {
      if (task.worker !== worker) continue
      waiting.delete(id)
      task.reject(error)
    }
  })
  return worker
}
