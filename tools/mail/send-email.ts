import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { lineField, textField } from '../kit/text.ts'

const MAX_RECIPIENTS = 20
const MAX_BODY = 50_000

const NOT_SENT =
  'This mail was not sent, because this installation has no mail server. It is in the outbox, where people can read it. Tell them so.'

const addresses = z.array(z.email().max(254)).max(MAX_RECIPIENTS)

export const sendEmail = defineTool({
  name: 'send_email',
  description:
    'Sends an email in plain text to one or more people, from the address of this installation under your name. Use it ' +
    'only when a mail is asked for, and write the whole text as people will read it. It cannot be taken back. It sends no ' +
    'attachments and cannot read a mailbox or answer in a thread.',
  group: 'mail',
  effect: 'effect',
  runs: 'executor',
  needs: ['mail'],
  timeoutSeconds: 60,
  view: {
    question: 'Send this mail to {to}?',
    summary: '“{subject}” to {to}',
    frame: 'mail',
    fields: [
      { name: 'to', label: 'To', kind: 'addresses', isEditable: true },
      { name: 'cc', label: 'Cc', kind: 'addresses', isEditable: true },
      { name: 'subject', label: 'Subject', kind: 'line', isEditable: true },
      { name: 'body', label: 'Text', kind: 'text', isEditable: true },
    ],
  },
  input: z.object({
    to: addresses.min(1).describe('Addresses to send it to, e.g. ["ada@example.com"], without names.'),
    cc: addresses.optional().describe('Addresses that get a copy; everybody sees them.'),
    subject: lineField(200).min(1).describe('Subject, one line.'),
    body: textField(MAX_BODY)
      .min(1)
      .describe('The mail in plain text, with greeting and closing. No HTML or Markdown.'),
  }),
  output: z.object({
    message_id: z.string(),
    delivery: z
      .enum(['sent', 'outbox'])
      .describe('outbox: the mail was not sent, it is kept where people can read it.'),
    note: z.string().optional().describe('What to tell people when the mail was not sent.'),
    from: z.string().describe('The address that it came from.'),
    accepted: z.array(z.string()).describe('Addresses that the mail server took.'),
    rejected: z.array(z.string()).describe('Addresses that it refused: nothing was sent to these.'),
  }),
  examples: [
    {
      request: 'Mail Ada that the meeting moves to Friday at ten',
      input: {
        to: ['ada@example.com'],
        subject: 'Our meeting moves to Friday',
        body: 'Dear Ada,\n\nour meeting moves to Friday at ten.\n\nBest regards',
      },
    },
    {
      request: 'Send the two suppliers our question about delivery, with a copy to the purchasing department',
      input: {
        to: ['sales@alpha.example', 'sales@beta.example'],
        cc: ['purchasing@example.com'],
        subject: 'Delivery in May',
        body: 'Good morning,\n\ncan you deliver 200 hinges by 15 May?\n\nKind regards',
      },
    },
  ],
  async run(ctx, { to, cc = [], subject, body }) {
    const sent = await ctx.mail.send({ to, cc, subject, text: body })
    const { messageId, delivery, from, accepted, rejected } = sent
    return {
      message_id: messageId,
      delivery,
      ...(delivery === 'outbox' && { note: NOT_SENT }),
      from,
      accepted,
      rejected,
    }
  },
})
