/** Tools that cannot work in an installation: their lines say why, and what to do. */
import { beforeAll, expect, test } from 'vitest'
import { withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const OLIVIA = '/personas/20000000-0000-4000-8000-000000000001/tools'
const stage = useStage()
beforeAll(async () => {
  // an installation without a mail server, on a machine that cannot isolate anything
  const missing = 'bubblewrap is not installed (Debian: apt-get install bubblewrap).'
  const sandboxFor = () => Promise.reject(new Error('There is no sandbox.'))
  await stage.platform.startExecutor({ sandboxes: { describe: `none: ${missing}`, missing, sandboxFor } })
})

test('the line of a tool says what this installation lacks', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await page.goto(OLIVIA)
      const line = (tool: string) =>
        page.getByRole('listitem').filter({ has: page.getByRole('switch', { name: `${tool} switched on` }) })
      for (const [tool, why] of [
        ['Send email', /no mail server.*SMTP_URL/],
        ['Run code', /this installation has none.*bubblewrap is not installed/],
      ] as const) {
        await line(tool).getByText('Does not work here').waitFor()
        await line(tool).getByText(why).waitFor()
      }
      const found = await stage.platform.asUser<unknown[]>(
        '00000000-0000-4000-8000-000000000001',
        'search_tools(persona_id => $1, query => $2)',
        [OLIVIA.split('/')[2], 'send an email, run code, make a pdf'],
      )
      expect(found, 'nothing of it is offered').toEqual([])
    },
    stage.page,
  ))
