/** Protects: the operator sees work that was lost many times, and resumes it when the cause is gone. */
import { expect, test } from 'vitest'
import { claimRuns } from '../../executor/platform/claim-runs.ts'
import { DEFAULT_MODEL } from '../support/transition.ts'
import { withPage, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()

/** A run that was given up because every worker that claimed it was lost. */
async function givenUp() {
  const { platform } = stage
  const persona = await platform.persona([{ text: 'Done after all.' }])
  const run = await platform.createRun(persona.id, 'Survive.')
  // claims whose lease expires at once, by workers that never come back
  for (let claims = 0; (await platform.run(run)).status !== 'failed'; claims++) {
    expect(claims, 'it is given up some time').toBeLessThan(50)
    await claimRuns(platform.query, 'lost', 1, 0, DEFAULT_MODEL)
  }
  return run
}

test('a dead letter is on the operations page, is resumed, and its run continues', async () => {
  const { platform } = stage
  const run = await givenUp()
  expect(await platform.run(run)).toMatchObject({ reason: 'worker_lost' })
  await platform.startExecutor()
  await withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Platform admin' }).click()
    await page.getByRole('link', { name: 'To the operations of this installation' }).click()
    const letter = page.getByRole('list', { name: 'Dead letters' }).getByRole('listitem').filter({ hasText: run })
    await letter.getByText('Every worker that claimed this segment was lost.').waitFor()
    await letter.getByRole('button', { name: /^Try again/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Try this run again?' })
    await dialog.getByRole('button', { name: 'Go back' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await platform.run(run), 'not before it is confirmed').toMatchObject({ status: 'failed' })
    await letter.getByRole('button', { name: /^Try again/ }).click()
    await dialog.getByRole('button', { name: 'Try it again' }).click()
    await letter.getByText('Tried again').waitFor()
    expect(await letter.getByRole('button').count(), 'it is taken up once').toBe(0)
  }, stage.page)
  expect(await platform.ended(run)).toMatchObject({ status: 'completed', output: 'Done after all.' })
  await withSignedIn(
    'Owner of Acme',
    async (page) => {
      await page.goto(`/runs/${run}`)
      await page.getByText('An operator resumed the run.').waitFor()
    },
    stage.page,
  )
})

test('a dead letter whose run has continued is shown, but cannot be resumed', async () => {
  const { platform } = stage
  const run = await platform.createRun((await platform.persona([{ text: 'Done.' }])).id, 'Go on.')
  await platform.query(
    `insert into platform.dead_letters (queue, message, read_count, error, run_id)
     values ('tools_normal', '{}', 11, 'Every worker that claimed this call was lost.', $1)`,
    [run],
  )
  await withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Platform admin' }).click()
    await page.getByRole('link', { name: 'To the operations of this installation' }).click()
    const letter = page.getByRole('list', { name: 'Dead letters' }).getByRole('listitem').filter({ hasText: run })
    await letter.getByText('it cannot be tried again').waitFor()
    expect(await letter.getByRole('button').count()).toBe(0)
  }, stage.page)
})
