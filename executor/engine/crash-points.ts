/**
 * Places where a test can kill this process, as with `kill -9`. A point does nothing unless the environment names it:
 * PERSONA_CRASH_POINT=<name> kills the process when it first passes the point, <name>:3 the third time.
 */
export const crashPoints = [
  'run.claimed',
  'run.resumed',
  'conversation.continued',
  'message.taken',
  'message.answered',
  'message.saved',
  'model.reserved',
  'model.answered',
  'segment.before_commit',
  'segment.committed',
  'run.before_finish',
  'run.finished',
  'run.before_retry',
  'run.retried',
  'heartbeat.before',
  'heartbeat.after',
  'tool.claimed',
  'tool.looked_up',
  'tool.before_execution',
  'tool.executed',
  'tool.files_stored',
  'tool.recorded',
  'tool.before_retry',
  'tool.retried',
  'schedule.before_fire',
  'schedule.after_fire',
  'webhook.claimed',
  'webhook.sent',
  'mail.claimed',
  'mail.sent',
  'maintenance.swept',
] as const
export type CrashPoint = (typeof crashPoints)[number]

const [wanted, count = '1'] = (process.env.PERSONA_CRASH_POINT ?? '').split(':')
let passings = 0

export function crashPoint(name: CrashPoint): void {
  if (name !== wanted) return
  passings += 1
  if (passings === Number(count)) process.kill(process.pid, 'SIGKILL')
}
