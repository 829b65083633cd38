import type { WorkspaceRole } from '#contracts/api'
import { listMemberships } from '../members/queries'
import { listWorkspaces } from './queries'

export interface MyWorkspace {
  id: string
  name: string
  role: WorkspaceRole
}

const CHOSEN = 'persona.workspace'

/** The signed-in person's workspaces and the one that the pages show. */
export function useWorkspaces() {
  const db = useSupabase()
  const userId = useUserId()
  const workspaces = useState<MyWorkspace[]>('workspaces', () => [])
  const loadedFor = useState<string | null>('workspaces-of', () => null)
  const currentId = useState<string | null>('workspace', () => localStorage.getItem(CHOSEN))
  const current = computed(
    () => workspaces.value.find((it) => it.id === currentId.value) ?? workspaces.value[0] ?? null,
  )

  async function refresh() {
    const [all, mine] = await Promise.all([listWorkspaces(db), listMemberships(db, userId.value)])
    const roles = new Map(mine.map((membership) => [membership.workspace_id, membership.role]))
    workspaces.value = all.flatMap(({ id, name }) => (roles.has(id) ? [{ id, name, role: roles.get(id)! }] : []))
    loadedFor.value = userId.value
  }
  /** Reads them once for each person who signs in. */
  async function load() {
    if (loadedFor.value !== userId.value) await refresh()
  }
  function select(id: string) {
    currentId.value = id
    localStorage.setItem(CHOSEN, id)
  }
  return { workspaces, current, load, refresh, select }
}

const ranks: WorkspaceRole[] = ['viewer', 'member', 'admin', 'owner']

/** The workspace that the pages show; only for pages behind the middleware. */
export function useWorkspace() {
  const { current } = useWorkspaces()
  const id = computed(() => current.value?.id ?? '')
  const has = (role: WorkspaceRole) => ranks.indexOf(current.value?.role ?? 'viewer') >= ranks.indexOf(role)
  return {
    id,
    name: computed(() => current.value?.name ?? ''),
    isAdmin: computed(() => has('admin')),
    isMember: computed(() => has('member')),
    isOwner: computed(() => has('owner')),
  }
}
