/** Which endpoints and models a persona's setting means. */
import type { PersonaModel, Provider } from '../queries/types.ts'
import type { OpenSecret } from '../secrets.ts'
import type { ModelEndpoint } from './model-client.ts'
import { ModelError } from './model-error.ts'

/** The model of the environment, or the scripted demo. */
export interface DefaultModel extends ModelEndpoint {
  model: string
  isDemo: boolean
}

export interface ModelTarget {
  /** For `llm_calls` and for people: the provider's name, "default" or "demo". */
  provider: string
  model: string
  /** Opens the provider's key; throws a `ModelError` when that cannot be done. */
  endpoint(): ModelEndpoint
}

/** The primary and the fallbacks in order, each once. */
export function resolveModels(
  setting: PersonaModel,
  providers: Provider[],
  fallback: DefaultModel,
  openSecret: OpenSecret,
): ModelTarget[] {
  const names = [...new Set([setting.primary ?? 'default', ...(setting.fallbacks ?? [])])]
  return names.map((name) => resolve(name, providers, fallback, openSecret))
}

function resolve(name: string, providers: Provider[], fallback: DefaultModel, openSecret: OpenSecret): ModelTarget {
  const own = providers.find((provider) => provider.is_default)
  const ownModel = own?.models[0]
  if (name === 'default') return own && ownModel ? at(own, ownModel, openSecret) : builtIn(fallback, fallback.model)
  const [prefix = '', ...rest] = name.split('/')
  const named = rest.length > 0 && providers.find((provider) => provider.name === prefix)
  if (named) return at(named, rest.join('/'), openSecret)
  const serving = providers.find((provider) => provider.models.includes(name)) ?? own
  return serving ? at(serving, name, openSecret) : builtIn(fallback, name)
}

function builtIn(fallback: DefaultModel, model: string): ModelTarget {
  return { provider: fallback.isDemo ? 'demo' : 'default', model, endpoint: () => fallback }
}

function at(provider: Provider, model: string, openSecret: OpenSecret): ModelTarget {
  return {
    provider: provider.name,
    model,
    endpoint() {
      try {
        return { baseUrl: provider.base_url, apiKey: provider.api_key ? openSecret(provider.api_key) : '' }
      } catch (error) {
        throw new ModelError('model_not_allowed', (error as Error).message, { cause: error })
      }
    },
  }
}
