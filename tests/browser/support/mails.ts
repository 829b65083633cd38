/** Mails that the product has sent. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { ReceivedMail } from '../../support/mail-server.ts'

/** Those with this subject, of whomever. */
export async function mailsAbout(subject: string): Promise<ReceivedMail[]> {
  const folder = inject('mailDir')
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  return texts.map((text): ReceivedMail => JSON.parse(text)).filter(({ headers }) => headers.subject === subject)
}
