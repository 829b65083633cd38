import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js'

const REJOIN_MS = 3_000

/**
 * Joins a channel, and joins it again when the server closes it, e.g. because the token expired while the device slept.
 * (supabase-js itself rejoins after a lost connection.) `onJoined` is called each time the state changes. Returns a function
 * that leaves the channel.
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
    // private topics need the token of the person
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
