/** What the author of a message is called on the page. */
export function useAuthors() {
  const me = useUserId()
  const { members } = useMembers()
  return (userId: string | null) => {
    if (userId === me.value) return 'You'
    return members.value.find(({ user_id }) => user_id === userId)?.name ?? 'Somebody'
  }
}
