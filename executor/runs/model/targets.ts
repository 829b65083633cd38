/** The models that a persona may call, and how to reach them. The claim lists them (`platform.models_of`). */
import type { OpenSecret } from '../../engine/secrets.ts'
import type { UsableModel } from '../../platform/types.ts'
import type { ModelEndpoint } from './model-client.ts'
import { ModelError } from './model-error.ts'

/** The model of the environment, or the scripted demo. */
export interface DefaultModel extends ModelEndpoint {
  model: string
  isDemo: boolean
  /** True when it accepts images. */
  seesImages?: boolean
}

/** The name of the installation's own model provider, in `llm_calls` and for people. */
export const ownProvider = ({ isDemo }: Pick<DefaultModel, 'isDemo'>) => (isDemo ? 'demo' : 'default')

export interface ModelTarget {
  /** The provider's name, "default" or "demo". Shown to people and stored in `llm_calls`. */
  provider: string
  model: string
  /** True when it accepts images. Any other model gets their texts. */
  seesImages: boolean
  /** The model, its address and its provider, for people: "small at localhost:11434 (provider ollama)". */
  where: string
  /** `own` itself, or the provider with its decrypted key. Throws a `ModelError` if decryption fails. */
  endpoint(): ModelEndpoint
}

export function modelTarget(
  { provider, model, base_url, api_key, sees_images, leave_out }: UsableModel,
  own: DefaultModel,
  openSecret: OpenSecret,
): ModelTarget {
  return {
    provider,
    model,
    where: base_url
      ? `${model} at ${new URL(base_url).host} (provider ${provider})`
      : `${model} at ${new URL(own.baseUrl).host} (the installation’s own model)`,
    seesImages: base_url ? sees_images === true : own.seesImages === true && model === own.model,
    endpoint() {
      if (!base_url) return own
      try {
        return { baseUrl: base_url, apiKey: api_key ? openSecret(api_key) : '', leaveOut: leave_out ?? [] }
      } catch (error) {
        throw new ModelError('model_not_allowed', (error as Error).message, { cause: error })
      }
    },
  }
}
