/**
 * Protects: a new run from a step of an old one. What can be changed, what happens to effects, and both runs side by
 * side.
 */
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { addScript } from '../../demo-model/client.ts'
import type { Turn } from '../../demo-model/scripts.ts'
import { acme, owner } from '../runs/support/platform.ts'
import { waitForStatus, wholeTimeline, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const TASK = 'Write two files.'
const stage = useStage()
beforeAll(async () => {
  await stage.platform.startExecutor()
  await stage.platform.query("update tools set effect = 'effect' where name = 'write_file'")
})

const write = (path: string): Turn => ({ tool_calls: [{ name: 'write_file', arguments: { path, content: 'x' } }] })

/** A persona that may write files without asking, and its run, which wrote two of them and ended. */
async function finishedRun() {
  const { platform } = stage
  const turns = [write('first.txt'), write('second.txt'), { text: 'Both are there.' }]
  const persona = await platform.persona(turns)
  await platform.asUser(owner, `set_persona_tool($1, 'write_file', '{"policy": "allow"}')`, [persona.id])
  const id = await platform.createRun(persona.id, TASK)
  await platform.ended(id)
  return { persona, id }
}

/** Opens the dialog at the model's answer with this number, counted from 0. */
async function forkFrom(page: Page, runId: string, answer: number) {
  await page.goto(`/runs/${runId}`)
  const entry = page.locator('[data-kind="model"]').nth(answer)
  await entry.getByRole('button', { name: 'Fork from here' }).click()
  return page.getByRole('dialog', { name: 'Fork from here' })
}

/** Starts the fork of the open dialog, waits for its page, and returns its id. */
async function start(page: Page, parent: string): Promise<string> {
  await page.getByRole('button', { name: 'Start the fork' }).click()
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(parent))
  return new URL(page.url()).pathname.split('/').pop() ?? ''
}

async function choose(page: Page, field: 'Model' | 'Version', option: string | RegExp) {
  await page.getByRole('combobox', { name: field }).click()
  await page.getByRole('option', { name: option }).click()
}

/** The fork's calls, in order, and whether each ran in the fork itself. */
const calls = (runId: string) =>
  stage.platform.query<{ path: string; status: string; ran: boolean }>(
    `select arguments ->> 'path' as path, status, started_at is not null as ran
     from tool_runs where run_id = $1 order by segment, position`,
    [runId],
  )

/** From now on, requests for a run's steps are not answered. A page that follows them live does not need them. */
const holdReadings = (page: Page) => page.route('**/rest/v1/run_steps?*', () => {})

const differences = (page: Page) => page.getByRole('list', { name: 'Differences' }).getByRole('listitem')

test('with an addition and another model: the step’s effects come from the ledger, and the rest is shown beside the old run', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const { id } = await finishedRun()
      const { modelUrl } = stage.platform
      const model = await addScript(modelUrl, [write('third.txt'), { text: 'Three it is.' }])
      await stage.platform.asUser(owner, 'save_provider(workspace_id => $1, definition => $2)', [
        acme,
        JSON.stringify({ name: 'other', base_url: modelUrl, models: [model] }),
      ])
      await forkFrom(page, id, 0)
      await page.getByLabel('What should it also know or do?').fill('Write a third one instead.')
      await choose(page, 'Model', `other/${model}`)
      const fork = await start(page, id)
      await waitForStatus(page, 'Done')
      await page.getByTestId('output').getByText('Three it is.').waitFor()
      await page.getByTestId('added-input').getByText('Write a third one instead.').waitFor()
      expect(await calls(fork)).toEqual([
        { path: 'first.txt', status: 'succeeded', ran: false },
        { path: 'third.txt', status: 'succeeded', ran: true },
      ])
      const call = differences(page).filter({ hasText: 'second.txt' }).filter({ hasText: 'third.txt' })
      await call.getByText(/^Differs in: input/).waitFor()
      expect(await differences(page).filter({ hasText: 'first.txt' }).count(), 'the common part is left out').toBe(0)
      const answer = differences(page).filter({ hasText: 'Both are there.' }).filter({ hasText: 'Three it is.' })
      await answer.getByText(/^Differs in: name, text/).waitFor()
      await page.getByRole('link', { name: 'Open it' }).click()
      await page.waitForURL(`/runs/${id}`)
    },
    stage.page,
  ))

test('repeated calls ask before what cannot be undone, even if the policy allows it', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const { id } = await finishedRun()
      await forkFrom(page, id, 1)
      await page.getByRole('radio', { name: 'Make its calls again' }).click()
      const fork = await start(page, id)
      await waitForStatus(page, 'Needs you')
      expect(await calls(fork)).toEqual([{ path: 'second.txt', status: 'awaiting_approval', ran: false }])
      // the question also names the file, and only the fork asks it
      const call = differences(page).filter({ hasText: 'second.txt', hasNotText: 'Asked:' })
      await call.getByText('Not done yet.').waitFor()
      await holdReadings(page)
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await wholeTimeline(page)
      expect(await calls(fork)).toEqual([{ path: 'second.txt', status: 'succeeded', ran: true }])
      expect(await call.getByText(/^(Not done yet|Did not do this)/).count(), 'both made the call').toBe(0)
    },
    stage.page,
  ))

test('from the start: another task for an older version, and the comparison leaves nothing out', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const { platform } = stage
      const { persona, id: first } = await finishedRun()
      const later = await addScript(platform.modelUrl, [{ text: 'By the new version.' }])
      await platform.asUser(owner, 'update_persona($1, $2)', [
        persona.id,
        JSON.stringify({ model: { primary: later, fallbacks: [] }, note: 'New model' }),
      ])
      const id = await platform.createRun(persona.id, TASK)
      expect(await platform.ended(id)).toMatchObject({ output: 'By the new version.' })

      await page.goto(`/runs/${id}`)
      await page.getByRole('button', { name: 'Fork from the start' }).click()
      const task = page.getByLabel('What should it do?')
      expect(await task.inputValue()).toBe(TASK)
      expect(await page.getByRole('radio').count(), 'no call was made yet').toBe(0)
      await task.fill('Write two other files.')
      await choose(page, 'Version', /^Version 1/)
      const fork = await start(page, id)
      await waitForStatus(page, 'Done')
      await page.getByTestId('output').getByText('Both are there.').waitFor()
      await page.getByText('Write two other files.', { exact: true }).waitFor()
      const versionOf = (run: string) => platform.query('select persona_version_id from runs where id = $1', [run])
      expect(await versionOf(fork)).toEqual(await versionOf(first))
      const wrote = differences(page).filter({ hasText: 'Did not do this.' })
      await wrote.filter({ hasText: 'first.txt' }).first().waitFor()
      await wrote.filter({ hasText: 'second.txt' }).first().waitFor()
      const [request] = (await platform.requests(persona.model)).slice(-1)
      expect(request?.messages.find(({ role }) => role === 'user')?.content).toContain('Write two other files.')
    },
    stage.page,
  ))
