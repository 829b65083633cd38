/** Signs in and goes on to where the person wanted to go. Rejects with the server's message. */
export function useSignIn() {
  const db = useSupabase()
  const route = useRoute()

  /** Only paths of this app: a link cannot send people elsewhere after the sign-in. */
  const next = computed(() => {
    const wanted = String(route.query.next ?? '')
    return /^\/(?![/\\])/.test(wanted) ? wanted : '/'
  })
  async function signIn(email: string, password: string) {
    const { error } = await db.auth.signInWithPassword({ email, password })
    if (error)
      throw new Error(error.code === 'invalid_credentials' ? 'That email and password do not fit.' : error.message)
    await navigateTo(next.value)
  }
  return { signIn, next }
}
