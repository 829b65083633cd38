/** Whether the server can be reached, kept current by the plugin `server`; `check` asks it now. */
export function useServer() {
  return { isGone: useState('server-gone', () => false), check: useNuxtApp().$checkServer }
}
