/** Notices when the server is gone and when it is back. Then everything on the page is read again. */

const QUIET_MS = 15_000
const GONE_MS = 2_000
const ANSWER_MS = 5_000

export default defineNuxtPlugin({
  name: 'server',
  dependsOn: ['platform'],
  setup(nuxtApp) {
    const isGone = useState('server-gone', () => false)
    const { supabase_url, publishable_key } = usePlatform()
    const address = `${supabase_url ?? location.origin}/auth/v1/health`
    let timer: ReturnType<typeof setTimeout>

    const answers = () =>
      fetch(address, {
        cache: 'no-store',
        headers: { apikey: publishable_key },
        signal: AbortSignal.timeout(ANSWER_MS),
      }).then(
        // a proxy in front answers 502 to 504 for a server that is gone
        ({ status }) => status < 502 || status > 504,
        () => false,
      )
    /** One lost answer is no sign yet. */
    async function check(): Promise<boolean> {
      const isThere = (await answers()) || (await answers())
      const isBack = isThere && isGone.value
      isGone.value = !isThere
      if (isBack) void refreshNuxtData()
      lookIn(isGone.value ? GONE_MS : QUIET_MS)
      return isThere
    }
    // nobody reads a bar on a page that is hidden
    const look = () => (document.hidden ? lookIn(QUIET_MS) : void check())
    function lookIn(ms: number) {
      clearTimeout(timer)
      timer = setTimeout(look, ms)
    }

    lookIn(QUIET_MS)
    for (const event of ['online', 'offline']) window.addEventListener(event, () => void check())
    document.addEventListener('visibilitychange', () => document.hidden || void check())
    stayWhenGone(nuxtApp, check)
    return { provide: { checkServer: check } }
  },
})

/**
 * A page whose code cannot be loaded: after an update of the platform its name is another, so the app is loaded again;
 * while the server is gone, people stay where they are.
 */
function stayWhenGone(nuxtApp: ReturnType<typeof useNuxtApp>, check: () => Promise<boolean>) {
  const failed = new WeakSet<object>()
  nuxtApp.hook('app:chunkError', ({ error }) => void failed.add(error as object))
  useRouter().onError(async (error, to) => {
    if (failed.has(error) && (await check())) reloadNuxtApp({ path: to.fullPath })
  })
}
