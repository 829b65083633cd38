import { readMail } from './queries'

/** One mail of the outbox. */
export function useMail(id: string) {
  const db = useSupabase()
  const { data, status, error, refresh } = useAsyncData(`mail:${id}`, () => readMail(db, id))
  return { mail: data, status, error, refresh }
}
