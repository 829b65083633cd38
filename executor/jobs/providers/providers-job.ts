/** Tests model providers when an admin asks for it. Each claim is one test. */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import type { QueueJob } from '../../engine/job.ts'
import type { OpenSecret } from '../../engine/secrets.ts'
import { type ClaimedProviderTest, claimProviderTests } from '../../platform/claim-provider-tests.ts'
import { finishProviderTest, type TestedProvider } from '../../platform/finish-provider-test.ts'
import type { OpenModel } from '../../runs/model/model-client.ts'
import { testProvider } from './test-provider.ts'

const SLOTS = 4
/** Longer than a test may take. */
const LEASE_SECONDS = 120

interface ProviderDependencies {
  query: Query
  /** The guarded client for addresses that people enter. */
  send: typeof fetch
  /** Models at such addresses. */
  openModel: OpenModel
  openSecret: OpenSecret
  log: Logger
}

export function providersJob(deps: ProviderDependencies): QueueJob<ClaimedProviderTest> {
  return {
    name: 'provider_tests',
    slots: SLOTS,
    claim: (most) => claimProviderTests(deps.query, most, LEASE_SECONDS),
    async handle(test) {
      const result = await make(test, deps)
      await finishProviderTest(deps.query, test.test_id, test.attempt, result)
      deps.log.info({ test_id: test.test_id, steps: result.steps }, 'model provider tested')
    },
  }
}

async function make(test: ClaimedProviderTest, { send, openModel, openSecret }: ProviderDependencies) {
  const { base_url: baseUrl, model, leave_out: leaveOut, api_key } = test
  let apiKey: string
  try {
    apiKey = api_key ? openSecret(api_key) : ''
  } catch (error) {
    return unusable(model, (error as Error).message)
  }
  return testProvider({ baseUrl, apiKey, model, leaveOut }, { send, openModel })
}

/** The stored key cannot be decrypted. */
const unusable = (model: string | null, message: string): TestedProvider => ({
  steps: [{ name: 'reach', state: 'failed', message: `${message} Enter the key again.` }],
  models: [],
  model,
  input_tokens: 0,
  output_tokens: 0,
})
