/** Protects: a person makes a key, tries it on the API's page, gives it to a script, and ends it. */
import { expect, test } from 'vitest'
import { newcomer, productUrl, withPage } from './support/pages.ts'

const readMe = (key: string) =>
  fetch(`${productUrl}/functions/v1/api/me`, { headers: { authorization: `Bearer ${key}` } })

test('a key is made, tried on the API’s page, used by a script, and revoked', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.goto('/settings/keys')
    await page.getByText('No API keys yet').waitFor()
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Name').fill('Nightly report')
    await page.getByRole('checkbox', { name: 'Give work' }).click()
    await page.getByRole('checkbox', { name: 'Read', exact: true }).click()
    await page.getByRole('button', { name: 'Make the key' }).click()
    const key = await page.getByRole('textbox', { name: 'API key' }).inputValue()
    const row = page.getByRole('list', { name: 'API keys' }).getByRole('listitem')
    await row.getByText('never used').waitFor()
    expect((await readMe(key)).status).toBe(200)
    await page.reload()
    await row.getByText('used just now').waitFor()
    expect(await page.content(), 'the key is shown once').not.toContain(key)

    await page.goto('/docs')
    await page.getByRole('radio', { name: 'With an API key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill(key)
    await page.getByRole('button', { name: 'GET /api/workspaces List' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('status', { name: 'Answer' }).getByText('Nora’s shop').waitFor()
    await page.getByRole('button', { name: 'GET /api/workspaces List' }).click()
    await page.getByRole('button', { name: 'POST /api/workspaces Create' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('status', { name: 'Answer' }).getByText('scope_missing').waitFor()
    await page.getByRole('radio', { name: /^As / }).click()
    await page.getByRole('textbox', { name: 'Body' }).fill('{"name": "Second shop"}')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('status', { name: 'Answer' }).getByText('201').waitFor()

    await page.goto('/settings/keys')
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click()
    await page.getByRole('button', { name: 'Revoke the key' }).click()
    await page.getByText('No API keys yet').waitFor()
    expect((await readMe(key)).status).toBe(401)
  }))
