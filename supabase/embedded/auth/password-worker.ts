/** The thread that hashes and compares passwords, because bcrypt takes a tenth of a second by design. */
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcryptjs'
import type { PasswordTask } from './passwords.ts'

parentPort?.on('message', ({ id, task }: { id: number; task: PasswordTask }) => {
  const outcome = run(task)
  parentPort?.postMessage({ id, ...outcome })
})

function run(task: PasswordTask): { result: string | boolean } | { error: string } {
  try {
    const { password } = task
    return {
      result: 'hash' in task ? bcrypt.compareSync(password, task.hash) : bcrypt.hashSync(password, task.cost),
    }
  } catch (error) {
    return { error: (error as Error).message }
  }
}
