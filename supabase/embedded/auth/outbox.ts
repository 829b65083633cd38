/** The mails of the auth server. They become text files in the data folder, because a laptop has no mail server. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { App } from '@supabase/lite'
import type { Logger } from 'pino'

export interface AuthMail {
  kind: string
  to: string
  /** Never logged, because it signs in everybody who opens it. */
  link?: string
  code: string
}

export class Outbox {
  readonly #folder: string
  readonly #log: Logger

  constructor(folder: string, log: Logger) {
    this.#folder = folder
    this.#log = log
  }

  async put({ kind, to, link, code }: AuthMail): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = join(this.#folder, `${new Date().toISOString().replaceAll(':', '-')}-${kind}.txt`)
    const lines = [`To: ${to}`, `Subject: ${kind}`, '', ...(link ? [link] : []), `Code: ${code}`, '']
    await writeFile(file, lines.join('\n'), { mode: 0o600 })
    this.#log.info({ kind, file }, 'no mail server is set up: the mail is in a file')
  }
}

/** lite's own mails (confirmation, recovery, magic link, change of address), put into the outbox. */
export function liteMailer(outbox: Outbox, apiUrl: string): NonNullable<App['_mailer']> {
  const link = (type: string, token: string) => {
    const url = new URL('/auth/v1/verify', apiUrl)
    url.search = new URLSearchParams({ token, type }).toString()
    return url.href
  }
  const put = (kind: string) => (to: string, token: string, code: string) =>
    outbox.put({ kind, to, code, link: link(kind, token) })
  return {
    sendConfirmation: put('signup'),
    sendRecovery: put('recovery'),
    sendMagicLink: put('magiclink'),
    async sendEmailChange(to, token, code, meta) {
      await put('email_change')(to, token, code)
      if (meta?.newEmail && meta.tokenNew && meta.tokenHashNew)
        await put('email_change')(meta.newEmail, meta.tokenHashNew, meta.tokenNew)
    },
    sendReauthentication: (to, code) => outbox.put({ kind: 'reauthentication', to, code }),
  }
}
