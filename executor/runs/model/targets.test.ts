import { expect, it } from 'vitest'
import { type DefaultModel, modelTarget } from './targets.ts'

const own: DefaultModel = { baseUrl: 'http://env/v1', apiKey: 'env', model: 'env-model', isDemo: false }
const key = { workspace_id: 'w', name: 'KEY', key_id: 'k', ciphertext: '', nonce: '' }
const lab = { provider: 'lab', model: 'small', base_url: 'http://lab/v1', api_key: key }

it("decrypts a provider's key", () => {
  expect(modelTarget(lab, own, () => 'opened').endpoint()).toEqual({
    baseUrl: 'http://lab/v1',
    apiKey: 'opened',
    leaveOut: [],
  })
})

it("uses the installation's own endpoint for a model without one", () => {
  expect(modelTarget({ provider: 'default', model: 'env-model' }, own, () => 'opened').endpoint()).toBe(own)
})

it('reports a key that cannot be decrypted as a failure of that model', () => {
  const target = modelTarget(lab, own, () => {
    throw new Error('Enter it again.')
  })
  expect(() => target.endpoint()).toThrow(expect.objectContaining({ code: 'model_not_allowed', isRetryable: false }))
})
