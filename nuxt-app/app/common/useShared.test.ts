import { expect, test, vi } from 'vitest'
import { effectScope, nextTick, onScopeDispose, ref } from 'vue'
import { useShared } from './useShared.ts'

/** As a component does: holds the key until its scope is stopped. */
function holder(key: () => string, begin: () => void) {
  const scope = effectScope(true)
  scope.run(() => useShared(key, begin))
  return scope
}

test('what is shared begins with the first holder and ends with the last', () => {
  const ended = vi.fn()
  const begin = vi.fn(() => onScopeDispose(ended))
  const first = holder(() => 'runs', begin)
  const second = holder(() => 'runs', begin)
  expect(begin).toHaveBeenCalledTimes(1)
  first.stop()
  expect(ended).not.toHaveBeenCalled()
  second.stop()
  expect(ended).toHaveBeenCalledTimes(1)
  holder(() => 'runs', begin).stop()
  expect(begin).toHaveBeenCalledTimes(2)
})

test('a holder that takes another key lets go of the one before', async () => {
  const events: string[] = []
  const workspace = ref('one')
  const begin = () => {
    const name = workspace.value
    events.push(`begins ${name}`)
    onScopeDispose(() => events.push(`ends ${name}`))
  }
  const scope = holder(() => `approvals:${workspace.value}`, begin)
  workspace.value = 'two'
  await nextTick()
  scope.stop()
  expect(events.sort()).toEqual(['begins one', 'begins two', 'ends one', 'ends two'])
})
