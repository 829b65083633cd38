import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { verifyWebhook } from './webhooks.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const message = {
  type: 'run.completed',
  timestamp: '2026-11-23T08:00:00+00:00',
  data: { run_id: '00000000-0000-0000-0000-000000000001', status: 'completed' },
}
const body = JSON.stringify(message)
const signed = (by: string, at = new Date()) => ({
  'webhook-id': 'delivery-1',
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(by).sign('delivery-1', at, body),
})

test('a signed message is returned', () => {
  expect(verifyWebhook(secret, signed(secret), body)).toEqual(message)
  expect(verifyWebhook(secret, new Headers(signed(secret)), body)).toEqual(message)
})

test('a changed, old or foreign message is refused', () => {
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
  expect(() => verifyWebhook(secret, signed(other), body)).toThrow()
  expect(() => verifyWebhook(secret, signed(secret), body.replace('completed', 'failed'))).toThrow()
  expect(() => verifyWebhook(secret, signed(secret, new Date(Date.now() - 600_000)), body)).toThrow()
})
