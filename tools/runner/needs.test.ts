import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import type { MailService } from '../../contracts/tool-services.ts'
import { withToolBench } from '../testing/harness.ts'

const base = {
  name: 'needy',
  description: 'For tests.',
  group: 'test',
  effect: 'pure' as const,
  runs: 'executor' as const,
  input: z.object({}),
  output: z.string(),
  examples: [],
}

const mailing = defineTool({
  ...base,
  needs: ['mail'],
  run: async (ctx) => (await ctx.mail.send({ to: ['a@b.test'], cc: [], subject: 'Hi', text: 'Hello' })).messageId,
})

test('a tool gets the service that it declares', () =>
  withToolBench(async ({ run }) => {
    const mail: MailService = {
      send: async () => ({ delivery: 'sent' as const, messageId: 'm1', from: '', accepted: [], rejected: [] }),
    }
    expect((await run(mailing, {}, { services: { mail } })).output).toBe('m1')
  }))

test('a tool does not get a service that it does not declare', () =>
  withToolBench(async ({ run }) => {
    const nosy = defineTool({ ...base, run: async (ctx) => String('mail' in ctx) })
    const mail: MailService = { send: () => Promise.reject(new Error('must not be asked')) }
    expect((await run(nosy, {}, { services: { mail } })).output).toBe('false')
  }))

test('a missing need fails the call before the tool starts', () =>
  withToolBench(async ({ run }) => {
    let started = false
    const start = async () => {
      started = true
      return ''
    }
    const onService = defineTool({ ...base, needs: ['mail'], run: start })
    await expect(run(onService, {})).rejects.toMatchObject({ code: 'need_missing' })
    const onProgram = defineTool({ ...base, needs: ['program:no-such-program'], run: start })
    await expect(run(onProgram, {})).rejects.toMatchObject({
      code: 'need_missing',
      message: expect.stringContaining('no-such-program'),
    })
    expect(started).toBe(false)
  }))

test('a tool starts when its program is installed', () =>
  withToolBench(async ({ run }) => {
    const tool = defineTool({ ...base, needs: ['program:sh'], run: async () => 'ran' })
    expect((await run(tool, {})).output).toBe('ran')
  }))
