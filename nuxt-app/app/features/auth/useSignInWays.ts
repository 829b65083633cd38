import { z } from 'zod'

/** What `/auth/v1/settings` says, as far as the sign-in page needs it. */
const Settings = z.object({ external: z.record(z.string(), z.unknown()).default({}) })

/** These are no buttons: the page has a form for mail, and none for the others. */
const noButtons = new Set(['email', 'phone', 'anonymous_users'])

/** How people can sign in besides the password, as Auth is configured. None when it does not answer. */
export function useSignInWays() {
  const platform = usePlatform()
  const { data } = useAsyncData('sign-in-ways', async () => {
    const response = await fetch(`${platform.supabase_url ?? location.origin}/auth/v1/settings`, {
      headers: { apikey: platform.publishable_key },
    })
    return response.ok ? Settings.parse(await response.json()).external : {}
  })
  return {
    providers: computed(() =>
      Object.entries(data.value ?? {}).flatMap(([name, isOn]) => (isOn === true && !noButtons.has(name) ? [name] : [])),
    ),
    mailLink: computed(() => data.value?.email === true && !platform.keeps_auth_mail),
  }
}
