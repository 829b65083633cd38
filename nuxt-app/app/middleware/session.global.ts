import { lacksSecondFactor } from '../features/account/useSecondFactor'

/** Who is not signed in, or has not given the code of their second factor, goes to the sign-in page and comes back after it; who has no workspace makes one first. */
const open = ['/sign-in', '/sign-up', '/forgot-password', '/reset-password', '/answer']

export default defineNuxtRouteMiddleware(async (to) => {
  const session = useSession()
  if (open.includes(to.path)) return
  if (!session.value || lacksSecondFactor(session.value))
    return navigateTo({ path: '/sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } })
  const { load, workspaces } = useWorkspaces()
  await load()
  const needsNone = to.path === '/welcome' || to.path.startsWith('/invitations/') || to.path === '/settings/operations'
  if (workspaces.value.length === 0 && !needsNone) return navigateTo('/welcome')
})
