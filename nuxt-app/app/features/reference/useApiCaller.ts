/** Who the calls on the API's page are made as: the signed-in person, or the owner of a pasted key. It is never stored. */
export function useApiCaller() {
  const mode = useState<'session' | 'key'>('api-caller', () => 'session')
  const key = useState('api-caller-key', () => '')
  const { $supabase, $platform } = useNuxtApp()
  const base = `${$platform.supabase_url ?? location.origin}/functions/v1`

  async function token(): Promise<string> {
    if (mode.value === 'key') return key.value.trim()
    return (await $supabase.auth.getSession()).data.session?.access_token ?? ''
  }
  /** Sends a call, and returns its status and its body as text. */
  async function send(method: string, path: string, headers: Record<string, string>, body: string | null) {
    const began = performance.now()
    const response = await fetch(base + path, {
      method,
      headers: {
        ...headers,
        apikey: $platform.publishable_key,
        Authorization: `Bearer ${await token()}`,
        ...(body === null ? {} : { 'Content-Type': 'application/json' }),
      },
      body,
    })
    const text = await response.text()
    return {
      status: response.status,
      text: pretty(text),
      ms: Math.round(performance.now() - began),
      traceId: response.headers.get('x-trace-id'),
    }
  }
  return { mode, key, base, send }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
