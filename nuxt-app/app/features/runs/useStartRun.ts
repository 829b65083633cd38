/** Gives a persona work: uploads the files, starts the run, opens its conversation. Rejects with a `Failure`. */
export function useStartRun() {
  const api = useApi()
  const upload = useUpload()
  // one key until it worked: a second click, or a try after a lost answer, starts nothing twice
  let key = crypto.randomUUID()

  return async (persona: { id: string; workspace_id: string }, input: string, files: File[]) => {
    const attachments = await upload(persona, files)
    const run = await api.runs.create({ persona_id: persona.id, input: input.trim(), attachments }, key)
    key = crypto.randomUUID()
    await navigateTo(run.conversation_id ? `/conversations/${run.conversation_id}` : `/runs/${run.id}`)
  }
}
