/** A real SMTP server that keeps the mails that it gets. */
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  /** The addresses of the envelope. */
  to: string[]
  /** By name in lower case. */
  headers: Record<string, string>
  /** Headers and text, decoded. */
  text: string
  body: string
}

export interface MailServer {
  /** For SMTP_URL. */
  url: string
  /** In the order in which they came. */
  mails: ReceivedMail[]
  /**
   * What happens to the next mails: `refuse` answers 4xx, `vanish` keeps the mail and closes the connection, `hold`
   * accepts the mail when `release` is called.
   */
  mood: 'take' | 'refuse' | 'vanish' | 'hold'
  /** Accepts the mails that are held. */
  release(): void
  stop(): Promise<void>
}

export async function startMailServer(): Promise<MailServer> {
  const held: (() => void)[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onMailFrom: (_address, _session, done) =>
      done(server.mood === 'refuse' ? Object.assign(new Error('Busy, come back.'), { responseCode: 451 }) : undefined),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        server.mails.push(read(Buffer.concat(chunks), to))
        if (server.mood === 'vanish') for (const connection of smtp.connections) connection.close()
        else if (server.mood === 'hold') held.push(done)
        else done()
      })
    },
  })
  const server: MailServer = {
    url: '',
    mails: [],
    mood: 'take',
    release: () => {
      for (const take of held.splice(0)) take()
    },
    stop: () => new Promise((resolve) => smtp.close(() => resolve())),
  }
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve))
  const { port } = smtp.server.address() as { port: number }
  server.url = `smtp://127.0.0.1:${port}?ignoreTLS=true`
  return server
}

function read(raw: Buffer, to: string[]): ReceivedMail {
  const text = decodeQuotedPrintable(raw)
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { to, headers, text, body: rest.join('\r\n\r\n').replaceAll('\r\n', '\n').trim() }
}

function decodeQuotedPrintable(raw: Buffer): string {
  const bytes = raw
    .toString('latin1')
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
