/** Known kinds of model servers: what to enter for each. */
export interface Preset {
  id: string
  label: string
  /** The name that the provider gets unless another one is entered. */
  name: string
  /** `YOUR-RESOURCE` stands for what only the person knows. */
  baseUrl: string
  needsKey: boolean
  help: string
}

const hosted = 'It needs an API key from your account there.'
const local = 'It usually needs no key. The operator lists its host and port in INTERNAL_HOSTS.'

export const presets: Preset[] = [
  preset('openai', 'OpenAI', 'https://api.openai.com/v1', hosted),
  preset(
    'anthropic',
    'Anthropic',
    'https://api.anthropic.com/v1',
    `${hosted} Enter model names by hand if none are found.`,
  ),
  preset('mistral', 'Mistral', 'https://api.mistral.ai/v1', hosted),
  preset('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', hosted),
  preset(
    'azure',
    'Azure OpenAI',
    'https://YOUR-RESOURCE.openai.azure.com/openai/v1',
    'Put the name of your resource into the address. Models are named as your deployments.',
  ),
  preset('litellm', 'LiteLLM', 'http://localhost:4000/v1', 'A proxy to any provider. Enter the key that you gave it.'),
  preset('ollama', 'Ollama', 'http://localhost:11434/v1', local, false),
  preset('lm-studio', 'LM Studio', 'http://localhost:1234/v1', local, false),
  preset('llama-cpp', 'llama.cpp', 'http://localhost:8080/v1', local, false),
  preset('vllm', 'vLLM', 'http://localhost:8000/v1', local, false),
]

function preset(id: string, label: string, baseUrl: string, help: string, needsKey = true): Preset {
  return { id, label, name: id, baseUrl, needsKey, help }
}
