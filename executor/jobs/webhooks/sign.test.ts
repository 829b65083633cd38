/** Protects: receivers can verify the sender of a webhook with the standard code of each scheme. */
import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { signedHeaders } from './sign.ts'

const body = '{"type":"run.completed"}'
const delivery = { delivery_id: 'd1', event: 'run.completed' }

test('Standard Webhooks', () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const headers = signedHeaders({ ...delivery, scheme: 'standard' }, secret, body, new Date())
  expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'run.completed' })
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow()
})

test.each([
  ['github', 'x-hub-signature-256', 'sha256='],
  ['hmac', 'x-signature-256', ''],
] as const)('%s', (scheme, header, prefix) => {
  const headers = signedHeaders({ ...delivery, scheme }, 's', body, new Date())
  expect(headers[header]).toBe(prefix + createHmac('sha256', 's').update(body).digest('hex'))
})
