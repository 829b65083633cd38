/** Cron expressions as people choose them: "every day at 9:00". What fits none of these is written as cron. Pure. */

export const rhythms = [
  { label: 'Every hour', value: 'hourly' },
  { label: 'Every day', value: 'daily' },
  { label: 'Every weekday, Monday to Friday', value: 'weekdays' },
  { label: 'Every week', value: 'weekly' },
  { label: 'Every month', value: 'monthly' },
  { label: 'As a cron expression', value: 'cron' },
] as const
export type Rhythm = (typeof rhythms)[number]['value']

export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'].map(
  (label, value) => ({ label, value }),
)

export interface When {
  rhythm: Rhythm
  /** "09:00" */
  time: string
  /** 0 is Sunday. */
  weekday: number
  /** 1 to 31. */
  day: number
  /** Used when `rhythm` is cron. */
  cron: string
}

const defaults: When = { rhythm: 'daily', time: '09:00', weekday: 1, day: 1, cron: '0 9 * * *' }

export function cronOf({ rhythm, time, weekday, day, cron }: When): string {
  const [hour = 9, minute = 0] = time.split(':').map(Number)
  switch (rhythm) {
    case 'hourly':
      return `${minute} * * * *`
    case 'daily':
      return `${minute} ${hour} * * *`
    case 'weekdays':
      return `${minute} ${hour} * * 1-5`
    case 'weekly':
      return `${minute} ${hour} * * ${weekday}`
    case 'monthly':
      return `${minute} ${hour} ${day} * *`
    case 'cron':
      return cron.trim()
  }
}

const isNumber = (field: string | undefined, max: number) => /^\d{1,2}$/.test(field ?? '') && Number(field) <= max
const clock = (hour: number, minute: number) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`

/** The choice that makes this expression; an expression of another form is left as it is. */
export function whenOf(cron: string): When {
  const [minute, hour, day, month, weekday, ...rest] = cron.trim().split(/\s+/)
  const own: When = { ...defaults, rhythm: 'cron', cron }
  if (rest.length > 0 || month !== '*' || !isNumber(minute, 59)) return own
  const every = `${day} ${weekday}`
  if (hour === '*') return every === '* *' ? { ...own, rhythm: 'hourly', time: clock(0, Number(minute)) } : own
  if (!isNumber(hour, 23)) return own
  const at = { ...own, time: clock(Number(hour), Number(minute)) }
  if (every === '* *') return { ...at, rhythm: 'daily' }
  if (every === '* 1-5') return { ...at, rhythm: 'weekdays' }
  if (day === '*' && isNumber(weekday, 6)) return { ...at, rhythm: 'weekly', weekday: Number(weekday) }
  if (weekday === '*' && isNumber(day, 31) && Number(day) > 0) return { ...at, rhythm: 'monthly', day: Number(day) }
  return own
}

/** "Every Monday at 09:00"; a cron expression of its own form as it stands. */
export function rhythmText(cron: string): string {
  const { rhythm, time, weekday, day } = whenOf(cron)
  switch (rhythm) {
    case 'hourly':
      return `Every hour, at minute ${Number(time.slice(3))}`
    case 'daily':
      return `Every day at ${time}`
    case 'weekdays':
      return `Monday to Friday at ${time}`
    case 'weekly':
      return `Every ${weekdays[weekday]?.label} at ${time}`
    case 'monthly':
      return `On day ${day} of every month at ${time}`
    case 'cron':
      return cron
  }
}
