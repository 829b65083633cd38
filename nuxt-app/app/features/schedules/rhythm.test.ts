import { expect, test } from 'vitest'
import { cronOf, rhythmText, whenOf } from './rhythm.ts'

test.each([
  ['5 * * * *', 'hourly', 'Every hour, at minute 5'],
  ['30 7 * * *', 'daily', 'Every day at 07:30'],
  ['0 9 * * 1-5', 'weekdays', 'Monday to Friday at 09:00'],
  ['15 18 * * 0', 'weekly', 'Every Sunday at 18:15'],
  ['0 6 28 * *', 'monthly', 'On day 28 of every month at 06:00'],
])('%s is read as %s and written as it was', (cron, rhythm, text) => {
  expect(whenOf(cron).rhythm).toBe(rhythm)
  expect(cronOf(whenOf(cron))).toBe(cron)
  expect(rhythmText(cron)).toBe(text)
})

test.each([
  '*/5 * * * *',
  '@daily',
  '0 9 1 1 *',
  '0 9 1 * 1',
  '0 25 * * *',
  '0 9 * * 7',
  '0 9 * * * *',
  '0 9 0 * *',
  '',
])('"%s" has no simpler form and stays as it is', (cron) => {
  expect(whenOf(cron).rhythm).toBe('cron')
  expect(cronOf(whenOf(cron))).toBe(cron)
  expect(rhythmText(cron)).toBe(cron)
})
