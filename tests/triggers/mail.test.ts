/**
 * Protects: people can answer a question from its mail. Opening the link only shows it; only pressing a button decides.
 */
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ANSWER_AUDIENCE, answerLinkKey } from '../../contracts/answer-link.ts'
import { mailSettings } from '../../executor/engine/mail-server.ts'
import { owner, type Platform, startPlatform } from '../runs/support/platform.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

let platform: Platform
let server: MailServer

beforeAll(async () => {
  server = await startMailServer()
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor({
    mail: mailSettings({ SMTP_URL: server.url, MAIL_FROM: 'platform@test.invalid', WEB_URL: 'http://web.test' }),
  })
})
afterAll(async () => {
  await platform?.close()
  await server?.stop()
})

async function ask(question: string, starter: string = owner) {
  const persona = await platform.persona([
    { tool_calls: [{ name: 'ask_human', arguments: { question } }] },
    { text: 'Thank you.' },
  ])
  const [started] = await platform.query<{ id: string }>(`select (platform.start_run($1, $2, 'person', 'Do it.')).id`, [
    persona.id,
    starter,
  ])
  const run = started!.id
  await platform.until(run, (row) => row.status === 'waiting')
  return run
}
const mailOf = (question: string) => server.mails.filter(({ text }) => text.includes(question))

it('asks the person who started the run, with a link for this question and this person', async () => {
  const run = await ask('Which of the blue ones?')
  await expect.poll(() => mailOf('Which of the blue ones?').length, { timeout: 10_000 }).toBe(1)
  const [mail] = mailOf('Which of the blue ones?')
  expect(mail!.to).toEqual(['owner@acme.test'])
  const token = /http:\/\/web\.test\/answer#(\S+)/.exec(mail!.text)?.[1]
  const key = await answerLinkKey(platform.embedded.keys.encryptionKey)
  const { payload } = await jwtVerify(token!, key, { audience: ANSWER_AUDIENCE })
  const [approval] = await platform.query<{ id: string }>('select id from approvals where run_id = $1', [run])
  expect(payload).toMatchObject({ sub: approval!.id, user_id: owner })
  expect((await platform.run(run)).status, 'a mail decides nothing').toBe('waiting')

  const decide = 'decide_by_link(approval_id => $1, user_id => $2, decision => $3, answer => $4)'
  const byLink = () => platform.query(`select public.${decide}`, [payload.sub, payload.user_id, 'answer', 'the second'])
  await byLink()
  expect(await platform.ended(run)).toMatchObject({ status: 'completed' })
  await expect(byLink(), 'the link works once').rejects.toThrow(/already/)
})

it('asks the owner of the persona if the person has left the workspace', async () => {
  const globexOwner = '00000000-0000-4000-8000-000000000005' // as somebody who has left Acme
  const run = await ask('Where is the red one?', globexOwner)
  await expect.poll(() => mailOf('Where is the red one?').length, { timeout: 10_000 }).toBe(1)
  expect(mailOf('Where is the red one?')[0]!.to).toEqual(['owner@acme.test'])

  // the person leaves between the question and its mail
  await platform.query(
    `select pgmq.send('mail', jsonb_build_object('approval_id', a.id, 'user_id', $2::uuid)) from approvals a where run_id = $1`,
    [run, globexOwner],
  )
  await expect.poll(async () => (await platform.query('select from pgmq.q_mail')).length, { timeout: 10_000 }).toBe(0)
  expect(mailOf('Where is the red one?')).toHaveLength(1)
})

it('tries again if the mail server is busy', async () => {
  server.mood = 'refuse'
  await ask('Is anybody there?')
  await expect
    .poll(
      async () =>
        (
          await platform.query<{ n: number }>(
            // put back for another try in seconds, and not still in hand, which would last a minute
            `select count(*)::int as n from pgmq.q_mail where read_ct > 0 and vt between now() and now() + interval '30 s'`,
          )
        )[0]?.n,
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0)
  server.mood = 'take'
  await platform.query('update pgmq.q_mail set vt = now()')
  await expect.poll(() => mailOf('Is anybody there?').length, { timeout: 10_000 }).toBe(1)
})
