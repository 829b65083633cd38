import { type EffectScope, effectScope, watch } from 'vue'

const held = new Map<string, { holders: number; scope: EffectScope }>()

/**
 * Runs `begin` once for all who hold the same key at a time. What it watches, and what it ends by `onScopeDispose`, lives
 * until the last of them lets go: by another key, or by the end of its component.
 */
export function useShared(key: () => string, begin: () => void) {
  watch(
    key,
    (name, _old, onCleanup) => {
      hold(name, begin)
      onCleanup(() => letGo(name))
    },
    { immediate: true },
  )
}

function hold(name: string, begin: () => void) {
  const shared = held.get(name) ?? { holders: 0, scope: effectScope(true) }
  held.set(name, shared)
  shared.holders += 1
  if (shared.holders === 1) shared.scope.run(begin)
}

function letGo(name: string) {
  const shared = held.get(name)
  if (!shared) return
  shared.holders -= 1
  if (shared.holders > 0) return
  held.delete(name)
  shared.scope.stop()
}
