import type { Attachment } from '#contracts/api'
import { uploadAttachment } from './upload'

/** Gives a persona work: uploads the files, starts the run, opens its page. Rejects with a `Failure`. */
export function useStartRun() {
  const api = useApi()
  const db = useSupabase()
  // one key until it worked: a second click, or a try after a lost answer, starts nothing twice
  let key = crypto.randomUUID()

  return async (persona: { id: string; workspace_id: string }, input: string, files: File[]) => {
    const attachments: Attachment[] = []
    for (const file of files) attachments.push(await uploadAttachment(db, persona, file))
    const run = await api.runs.create({ persona_id: persona.id, input: input.trim(), attachments }, key)
    key = crypto.randomUUID()
    await navigateTo(`/runs/${run.id}`)
  }
}
