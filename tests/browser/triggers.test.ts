/** Protects: schedules and webhooks in the web app. */
import { createHmac, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { waitForStatus, withSignedIn } from './support/pages.ts'

const OLIVIA = '/personas/20000000-0000-4000-8000-000000000001'

test('a schedule is made, run now, paused, changed and deleted', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = `Sheet ${randomUUID().slice(0, 8)}`
    await page.goto(`${OLIVIA}/schedules`)
    await page.getByRole('button', { name: 'New schedule' }).click()
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('What should it do each time?').fill('make a spreadsheet: apples 3, pears 4')
    await page.getByRole('combobox', { name: 'How often' }).click()
    await page.getByRole('option', { name: 'As a cron expression' }).click()
    const cron = page.getByLabel('Cron expression', { exact: true })
    await cron.fill('61 * * * *')
    const times = page.getByRole('status', { name: 'Next times' })
    await times.getByText(/cron/i).waitFor()
    await cron.fill('*/10 9 1 * *')
    await expect.poll(() => times.getByRole('listitem').count()).toBe(5)
    await page.getByRole('button', { name: 'Approve a tool in advance' }).click()
    await page.getByRole('button', { name: 'Save' }).click()

    const row = page.getByRole('list', { name: 'Schedules' }).getByRole('listitem').filter({ hasText: name })
    await row.getByText('*/10 9 1 * *').waitFor()
    await row.getByText(/^Next:/).waitFor()
    await row.getByRole('button', { name: /^Edit/ }).click()
    await page.getByRole('combobox', { name: 'How often' }).click()
    await page.getByRole('option', { name: 'Every week', exact: true }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await row.getByText(/Every Monday at/).waitFor()
    await row.getByRole('button', { name: /^Pause/ }).click()
    await row.getByText('Paused').waitFor()
    expect(await row.getByText(/^Next:/).count()).toBe(0)
    await row.getByRole('button', { name: /^Resume/ }).click()
    await row.getByText(/^Next:/).waitFor()
    await row.getByRole('button', { name: /^Run/ }).click()
    await page.waitForURL(/\/runs\//)
    await waitForStatus(page, 'Done')

    await page.goto(`${OLIVIA}/schedules`)
    await row.getByRole('button', { name: /^Delete/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => page.getByText(name).count()).toBe(0)
  }))

test('an inbound webhook shows its secret once, and a signed request starts a run; its task can be changed', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = `Hook ${randomUUID().slice(0, 8)}`
    await page.goto('/settings/webhooks')
    await page.getByRole('button', { name: 'New webhook' }).click()
    await page.getByLabel('Name').fill(name)
    await page.getByRole('combobox', { name: 'Signature' }).click()
    await page.getByRole('option', { name: 'GitHub' }).click()
    await page.getByRole('combobox', { name: 'Persona' }).click()
    await page.getByRole('option', { name: 'Olivia', exact: true }).click()
    await page.getByLabel('What the persona is told').fill('make a spreadsheet: {{fruit}} 3')
    await page.getByRole('button', { name: 'Save' }).click()
    const secret = await page.getByRole('textbox', { name: 'Secret', exact: true }).inputValue()
    const url = await page.getByRole('textbox', { name: 'Link' }).inputValue()
    const deliver = async (payload: object) => {
      const body = JSON.stringify(payload)
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-GitHub-Event': 'push',
          'X-GitHub-Delivery': randomUUID(),
          'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
      })
      expect(response.status, await response.text()).toBeLessThan(300)
    }
    await deliver({ fruit: 'plums' })
    await page.getByRole('button', { name: 'I have saved it' }).click()
    await page.reload()
    expect(await page.getByText(secret).count()).toBe(0)
    const row = page.getByRole('list', { name: 'Webhooks' }).getByRole('listitem').filter({ hasText: name }).first()
    await row.getByRole('button', { name: /^Deliveries/ }).click()
    await row.getByText('Received').waitFor()
    await row.getByRole('switch').click()
    await expect.poll(() => row.getByRole('switch').isChecked()).toBe(false)
    await row.getByRole('link', { name: 'Run' }).click()
    await page.getByText('make a spreadsheet: plums 3').first().waitFor()
    await waitForStatus(page, 'Done')
    await page.goto('/settings/webhooks')
    await row.getByRole('button', { name: /^Edit/ }).click()
    const template = page.getByLabel('What the persona is told')
    expect(await template.inputValue()).toBe('make a spreadsheet: {{fruit}} 3')
    await template.fill('make a spreadsheet: {{fruit}} 5')
    await page.getByRole('button', { name: 'Save' }).click()
    await template.waitFor({ state: 'detached' })
    await row.getByRole('switch').click()
    await expect.poll(() => row.getByRole('switch').isChecked()).toBe(true)
    await deliver({ fruit: 'cherries' })
    await row.getByRole('button', { name: /^Deliveries/ }).click()
    await row.getByRole('link', { name: 'Run' }).first().click()
    await page.getByText('make a spreadsheet: cherries 5').first().waitFor()
    await page.goto('/settings/webhooks')
    await row.getByRole('button', { name: /^Delete/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => page.getByText(name).count()).toBe(0)
  }))

test('an outbound webhook has an address and events, and gets a new secret', () =>
  withSignedIn('Admin of Acme', async (page) => {
    const name = `Out ${randomUUID().slice(0, 8)}`
    await page.goto('/settings/webhooks')
    await page.getByRole('button', { name: 'New webhook' }).click()
    await page.getByRole('radio', { name: /^Out/ }).click()
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('URL').fill('https://hooks.example.test/persona')
    await page.getByRole('checkbox', { name: 'A run has failed' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    const secret = page.getByRole('textbox', { name: 'Secret', exact: true })
    const first = await secret.inputValue()
    const row = page.getByRole('list', { name: 'Webhooks' }).getByRole('listitem').filter({ hasText: name }).first()
    await row.getByText('All personas · A run has failed').waitFor()
    await row.getByRole('button', { name: /^New secret/ }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await expect.poll(() => secret.inputValue()).not.toBe(first)
    await row.getByRole('button', { name: /^Delete/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => page.getByRole('list', { name: 'Webhooks' }).getByText(name).count()).toBe(0)
  }))
