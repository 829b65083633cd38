/** Puts a conversation into the archive, which can be undone, or takes it out. */
export function useArchive(changed: () => unknown) {
  const api = useApi()
  const toast = useToast()
  const { pending, run: act } = useAction()

  async function archive(id: string, archived: boolean) {
    const isDone = await act(() => api.conversations.update(id, { archived }))
    if (!isDone) return
    await changed()
    toast.add({
      title: archived ? 'The conversation is in the archive' : 'The conversation is out of the archive',
      icon: 'i-lucide-archive',
      actions: archived ? [{ label: 'Undo', onClick: () => void archive(id, false) }] : [],
    })
  }
  return { pending, archive }
}
