import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js'

const REJOIN_MS = 3_000

/**
 * Joins a channel and joins it anew when the server closes it, as it does when a token ran out while the device slept.
 * (After a lost connection the client itself rejoins.) `onJoined` is told each time it stands or falls.
 * Returns how to leave.
 */
export function keepJoined(
  db: SupabaseClient,
  build: () => RealtimeChannel,
  onJoined: (isJoined: boolean) => void,
): () => void {
  let channel: RealtimeChannel | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let left = false

  async function join() {
    // a private topic is joined with the person's own token
    await db.realtime.setAuth()
    if (left) return
    const joining = build()
    channel = joining
    joining.subscribe((status) => {
      if (left || channel !== joining) return
      onJoined(status === 'SUBSCRIBED')
      if (status === 'CLOSED') rejoin(joining)
    })
  }
  function rejoin(closed: RealtimeChannel) {
    channel = undefined
    void db.removeChannel(closed)
    timer = setTimeout(join, REJOIN_MS)
  }
  void join()
  return () => {
    left = true
    clearTimeout(timer)
    if (channel) void db.removeChannel(channel)
  }
}
