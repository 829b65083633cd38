import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { apiOn } from './support/api.ts'
import { newcomer, withPage, withSignedIn } from './support/pages.ts'

test('a platform admin sees queues, runs and dead letters, without a workspace', () =>
  withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Platform admin' }).click()
    await page.getByRole('link', { name: 'To the operations of this installation' }).click()
    await page.waitForURL('/settings/operations')
    await page.getByRole('rowheader', { name: 'runs interactive' }).waitFor()
    await page.getByText('Dead letters', { exact: true }).waitFor()
  }))

test('the operations page is closed to people who are not platform admins', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.goto('/settings/operations')
    await page.getByText('Only platform admins see this.').waitFor()
    expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0)
  }))

test('an alert is announced when it is raised, stays on the dashboard, and disappears when it is resolved', () =>
  withPage(async (page) => {
    // an alert is announced to everybody in its workspace, and would disturb other tests
    await newcomer(page)
    const name = `Capped ${randomUUID().slice(0, 8)}`
    const api = await apiOn(page)
    const { workspaces } = await api.me.get()
    const { persona } = await api.personas.create({
      workspace_id: workspaces[0]!.id,
      name,
      instructions: 'Make what is asked.',
      limits: { calls_per_day: 1 },
    })
    await page.getByRole('heading', { name: 'Recent runs' }).waitFor()
    await api.runs.create({ persona_id: persona.id, input: 'make a spreadsheet: apples 3' })
    const alert = page.getByRole('list', { name: 'Alerts' }).getByRole('listitem').filter({ hasText: name })
    await alert.waitFor()
    const message = (await alert.getByRole('paragraph').first().textContent()) ?? ''
    await page
      .getByRole('region', { name: /Notifications/ })
      .getByText(message)
      .waitFor()
    await alert.getByRole('button', { name: /^Resolve/ }).click()
    await alert.waitFor({ state: 'detached' })
  }))
