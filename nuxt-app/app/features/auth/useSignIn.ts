import { lacksSecondFactor } from '../account/useSecondFactor'

/** Signs in and goes on to where the person wanted to go. Rejects with the server's message. */
export function useSignIn() {
  const db = useSupabase()
  const route = useRoute()

  /** Only paths of this app: a link cannot send people elsewhere after the sign-in. */
  const next = computed(() => {
    const wanted = String(route.query.next ?? '')
    return /^\/(?![/\\])/.test(wanted) ? wanted : '/'
  })
  const goOn = () => navigateTo(next.value)
  /** An account with a second factor stays on the page, which then asks for the code. */
  async function signIn(email: string, password: string) {
    const { data, error } = await db.auth.signInWithPassword({ email, password })
    if (error)
      throw new Error(error.code === 'invalid_credentials' ? 'That email and password do not fit.' : error.message)
    if (!lacksSecondFactor(data.session)) await goOn()
  }
  return { signIn, goOn, next }
}
