/** Rules for mails: to whom, about what, saying what. */
import type { Goal, Say } from './goal.ts'
import { capitalised } from './language.ts'

const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g
const wanted =
  /(?<![\p{L}])(?:send|write|schicke?|sende|schreibe?)(?![\p{L}])[^.:\n]{0,40}(?<![\p{L}])(?:e-?mail|mail|message|nachricht)(?![\p{L}])|^(?:please\s+|bitte\s+)?(?:e-?mail|mail|maile?)\s+\S+@/iu
const about =
  /(?<![\p{L}])(?:about|with the subject|subject|regarding|über|wegen|mit dem betreff|betreff)\s+["“„]?([^:"”“\n]+?)["”“]?(?=\s*(?::|saying|that says|dass?(?![\p{L}])|$))/iu
const saying = /(?:saying|that says|die sagt|:)\s*["“„]?([\s\S]+?)["”“]?\s*$/iu
const copy = /(?<![\p{L}])(?:cc|(?:with a )?copy to|(?:mit )?kopie an)\s+(\S+@[\w.-]+\w)/iu

/** Null when no mail is to be sent. */
export function mailGoal(task: string, answers: string[], say: Say): Goal | null {
  if (!wanted.test(task)) return null
  const cc = copy.exec(task)?.[1]
  const to = addressesIn([task, ...answers].join('\n')).filter((address) => address !== cc)
  const open = answers.filter((answer) => addressesIn(answer).length === 0)
  if (to.length === 0) {
    return { kind: 'ask', question: say('To which address shall I send it?', 'An welche Adresse soll sie gehen?') }
  }
  const text = saying.exec(task)?.[1]?.trim() ?? open.at(-1)
  if (!text) return { kind: 'ask', question: say('What shall the mail say?', 'Was soll in der Mail stehen?') }
  const subject = capitalised(about.exec(task)?.[1]?.trim() ?? text.split(/[.!?\n]/)[0]!.trim()).slice(0, 100)
  return {
    kind: 'do',
    remark: '',
    steps: [
      {
        tool: 'send_email',
        query: 'send email',
        title: say(`Send a mail to ${to.join(', ')}`, `Mail an ${to.join(', ')} senden`),
        arguments: {
          to,
          ...(cc ? { cc: [cc] } : {}),
          subject: subject || say('A message', 'Eine Nachricht'),
          body: capitalised(text),
        },
      },
    ],
  }
}

const addressesIn = (text: string) => [...new Set(text.match(ADDRESS) ?? [])]
