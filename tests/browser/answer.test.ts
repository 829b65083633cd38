/** Protects: the page behind the link in a mail works signed out, decides once, and decides nothing when it is opened. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Turn } from '../../demo-model/scripts.ts'
import { answerToken } from '../api/support.ts'
import { owner } from '../runs/support/platform.ts'
import { withPage } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()
let killSandbox: (personaId: string) => void
beforeAll(async () => {
  const { runners } = await stage.platform.startExecutor({ outboxSender: 'office@test.invalid' })
  killSandbox = (personaId) => runners.kill(personaId)
  await stage.platform.query("update tools set effect = 'effect' where name = 'run_code'")
})

const question: Turn = { tool_calls: [{ name: 'ask_human', arguments: { question: 'Which quarter?' } }] }
const write: Turn = { tool_calls: [{ name: 'write_file', arguments: { path: 'report.txt', content: 'All is well.' } }] }
/** Hangs the first time, so that its sandbox can be lost meanwhile, and ends the second time. */
const hanging: Turn = {
  tool_calls: [
    {
      name: 'run_code',
      arguments: {
        language: 'javascript',
        code: `const fs = require('node:fs'); fs.appendFileSync('times.txt', 'x')
          setTimeout(() => {}, fs.readFileSync('times.txt').length > 1 ? 0 : 60_000)`,
      },
    },
  ],
}

/** A run of a persona whose model takes this turn first, with a policy for the tool that it calls. */
async function startRun(turn: Turn, policy?: { tool: string; policy: 'ask' | 'allow' }) {
  const { platform } = stage
  const persona = await platform.persona([turn, { text: 'That is all.' }])
  if (policy) {
    const settings = JSON.stringify({ policy: policy.policy })
    await platform.asUser(owner, 'set_persona_tool($1, $2, $3)', [persona.id, policy.tool, settings])
  }
  return { persona, run: await platform.createRun(persona.id) }
}

/** Waits until the run has asked, and returns the question with the link that the mail would contain. */
async function asked(run: string) {
  const { platform } = stage
  await platform.until(run, ({ waiting_for }) => waiting_for === 'approval' || waiting_for === 'human')
  const [approval] = await platform.query<{ id: string }>('select id from approvals where run_id = $1', [run])
  const id = approval!.id
  const token = await answerToken(platform.embedded.keys.encryptionKey, id, owner)
  const status = async () =>
    (await platform.query<{ status: string }>('select status from approvals where id = $1', [id]))[0]?.status
  return { id, token, link: `/answer#${token}`, status }
}

async function approvalAsked() {
  const { persona, run } = await startRun(write, { tool: 'write_file', policy: 'ask' })
  return { persona, run, ...(await asked(run)) }
}

/** An effect whose sandbox was lost while it ran, so that nobody knows whether it happened. */
async function unknownEffect() {
  const { persona, run } = await startRun(hanging, { tool: 'run_code', policy: 'allow' })
  const marks = join(stage.platform.folder, 'workspaces', persona.id, 'times.txt')
  const times = () =>
    readFile(marks, 'utf8').then(
      ({ length }) => length,
      () => 0,
    )
  await expect.poll(times).toBe(1)
  killSandbox(persona.id)
  return { persona, run, times, ...(await asked(run)) }
}

const signedOut = (work: (page: Page) => Promise<void>) => withPage(work, stage.page)
const toldTheModel = async (persona: { model: string }) =>
  (await stage.platform.requests(persona.model)).at(-1)?.messages.findLast(({ role }) => role === 'tool')?.content

test('a question is answered once, and opening it decides nothing', async () => {
  const { run } = await startRun(question)
  const { link, status } = await asked(run)
  await signedOut(async (page) => {
    await page.goto(link)
    await page.getByRole('heading', { name: 'Which quarter?' }).waitFor()
    await page.reload()
    await page.getByLabel('Your answer').fill('The third.')
    expect(await status()).toBe('pending')
    await page.getByRole('button', { name: 'Send the answer' }).click()
    await page.getByText('Thank you').waitFor()
    await page.reload()
    await page.getByText('This has already been answered').waitFor()
    expect(await page.getByRole('button', { name: 'Send the answer' }).count()).toBe(0)
  })
  expect(await stage.platform.ended(run)).toMatchObject({ status: 'completed' })
})

describe('an approval', () => {
  test('is not given by a mail client that opens the link by itself', async () => {
    const { token, link, status, run } = await approvalAsked()
    const { apiUrl, keys, webUrl } = stage.platform.embedded
    const headers = { apikey: keys.publishable, authorization: `Bearer ${token}` }
    for (const method of ['GET', 'HEAD']) {
      expect((await fetch(new URL(link, webUrl), { method })).status, `${method} of the page`).toBe(200)
      const reply = await fetch(`${apiUrl}/functions/v1/api/answers`, { method, headers })
      expect(reply.status, `${method} of the API`).toBe(200)
    }
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    })
    expect(await status()).toBe('pending')
    expect(await stage.platform.run(run)).toMatchObject({ status: 'waiting' })
  })

  test('shows what would run, and is given', async () => {
    const { persona, run, link } = await approvalAsked()
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByText('report.txt').first().waitFor()
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Thank you').waitFor()
    })
    expect(await stage.platform.ended(run)).toMatchObject({ status: 'completed' })
    const file = join(stage.platform.folder, 'workspaces', persona.id, 'report.txt')
    expect(await readFile(file, 'utf8')).toBe('All is well.')
  })

  test('of a mail shows the mail, and its text stays plain text', async () => {
    const mail = {
      to: ['ada@acme.test'],
      cc: ['bob@acme.test'],
      subject: 'Lunch',
      body: 'Dear Ada,\n<b>noon?</b>',
    }
    const { run } = await startRun({ tool_calls: [{ name: 'send_email', arguments: mail }] })
    const { link, status } = await asked(run)
    await signedOut(async (page) => {
      await page.goto(link)
      const shown = page.getByRole('article', { name: 'Mail' })
      await shown.getByText(/^Persona \w{8}, from this installation’s address$/).waitFor()
      for (const text of ['ada@acme.test', 'bob@acme.test', 'Lunch', '<b>noon?</b>']) {
        await shown.getByText(text).waitFor()
      }
      await page.getByRole('button', { name: 'Deny' }).click()
      await page.getByRole('button', { name: 'Deny' }).click()
      await page.getByText('Thank you').waitFor()
    })
    expect(await status()).toBe('denied')
  })

  test('is denied with a reason, which the persona gets', async () => {
    const { persona, run, link, status } = await approvalAsked()
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByRole('button', { name: 'Deny' }).click()
      await page.getByLabel('Why not?').fill('We have one already.')
      await page.getByRole('button', { name: 'Deny' }).click()
      await page.getByText('Thank you').waitFor()
    })
    expect(await status()).toBe('denied')
    expect(await stage.platform.ended(run)).toMatchObject({ status: 'completed' })
    expect(await toldTheModel(persona)).toContain('We have one already.')
    await expect(readFile(join(stage.platform.folder, 'workspaces', persona.id, 'report.txt'))).rejects.toThrow()
  })

  test('that was decided elsewhere meanwhile keeps that decision, and the page says so', async () => {
    const { id, link, run } = await approvalAsked()
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
      await stage.platform.asUser(owner, "decide(approval_id => $1, decision => 'deny')", [id])
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText(/already denied/).waitFor()
      await page.reload()
      await page.getByText('This has already been answered').waitFor()
    })
    expect(await stage.platform.ended(run)).toMatchObject({ status: 'completed' })
  })

  test('is no longer needed when its run has ended', async () => {
    const { link, run } = await approvalAsked()
    await stage.platform.asUser(owner, 'cancel_run($1)', [run])
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByText('No longer needed').waitFor()
      expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    })
  })
})

describe('an effect of which nobody knows whether it happened', () => {
  test.each([
    { button: 'It happened', told: 'confirmed', ran: 1 },
    { button: 'It did not happen, do it again', told: 'exit', ran: 2 },
    { button: 'Give up', told: 'given_up', ran: 1 },
  ])('“$button”', async ({ button, told, ran }) => {
    const { persona, run, link, times } = await unknownEffect()
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByRole('heading', { name: 'was interrupted' }).waitFor()
      await page.getByRole('button', { name: button }).click()
      await page.getByText('Thank you').waitFor()
    })
    expect(await stage.platform.ended(run)).toMatchObject({ status: 'completed' })
    expect(await times(), 'how often it ran').toBe(ran)
    expect(await toldTheModel(persona)).toContain(told)
  })
})

describe('a link that is over', () => {
  const late = (id: string) =>
    stage.platform.query("update approvals set expires_at = now() - interval '1 minute' where id = $1", [id])

  test('decides nothing if the time runs out while its page is open', async () => {
    const { id, link, status } = await approvalAsked()
    await signedOut(async (page) => {
      await page.goto(link)
      await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
      await late(id)
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('The time to decide this is over.').waitFor()
      expect(await status()).toBe('pending')
      await page.reload()
      await page.getByText('The time to answer is over').waitFor()
      await stage.platform.query('select platform.sweep()')
      expect(await status()).toBe('expired')
      await page.reload()
      await page.getByText('The time to answer is over').waitFor()
      expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    })
  })

  test.each([
    { name: 'whose token has ended', token: (id: string, key: string) => answerToken(key, id, owner, '-1s') },
    { name: 'that is incomplete', token: async () => 'not-a-token' },
  ])('or wrong, $name, says so, and asks nobody to sign in', async ({ token }) => {
    const { id } = await approvalAsked()
    await signedOut(async (page) => {
      await page.goto(`/answer#${await token(id, stage.platform.embedded.keys.encryptionKey)}`)
      await page.getByRole('heading', { name: 'This link does not work' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/answer')
    })
  })
})
