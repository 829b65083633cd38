import { expect, it } from 'vitest'
import type { Provider } from '../queries/types.ts'
import { type DefaultModel, resolveModels } from './resolve.ts'

const environment: DefaultModel = { baseUrl: 'http://env/v1', apiKey: 'env', model: 'env-model', isDemo: false }
const key = { name: 'KEY', key_id: 'k', ciphertext: '', nonce: '' }
const lab: Provider = {
  name: 'lab',
  base_url: 'http://lab/v1',
  models: ['small', 'large'],
  is_default: false,
  api_key: key,
}
const house: Provider = { name: 'house', base_url: 'http://house/v1', models: ['own'], is_default: true, api_key: null }

function resolved(primary: string, providers: Provider[], fallbacks: string[] = []) {
  return resolveModels({ primary, fallbacks }, providers, environment, () => 'opened').map((target) => [
    target.provider,
    target.model,
    target.endpoint().baseUrl,
    target.endpoint().apiKey,
  ])
}

it.each([
  ['default', [], ['default', 'env-model', 'http://env/v1', 'env']],
  ['default', [lab, house], ['house', 'own', 'http://house/v1', '']],
  ['large', [lab], ['lab', 'large', 'http://lab/v1', 'opened']],
  ['large', [lab, house], ['lab', 'large', 'http://lab/v1', 'opened']],
  ['elsewhere', [lab, house], ['house', 'elsewhere', 'http://house/v1', '']],
  ['elsewhere', [lab], ['default', 'elsewhere', 'http://env/v1', 'env']],
  ['lab/unlisted', [lab], ['lab', 'unlisted', 'http://lab/v1', 'opened']],
  ['lab/a/b', [lab], ['lab', 'a/b', 'http://lab/v1', 'opened']],
  ['vendor/model', [lab], ['default', 'vendor/model', 'http://env/v1', 'env']],
])('%s among its providers', (name, providers, expected) => {
  expect(resolved(name, providers)).toEqual([expected])
})

it('takes each model of the list once, in order', () => {
  expect(resolved('small', [lab], ['default', 'small', 'large']).map((target) => target[1])).toEqual([
    'small',
    'env-model',
    'large',
  ])
})

it('tells a key that cannot be opened as a failure of that model', () => {
  const [target] = resolveModels({ primary: 'small' }, [lab], environment, () => {
    throw new Error('Enter it again.')
  })
  expect(() => target?.endpoint()).toThrow(expect.objectContaining({ code: 'model_not_allowed', isRetryable: false }))
})
