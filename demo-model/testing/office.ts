/** For tests: runs the tools that the demo model calls for real, in this process, and reads the files that they make. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ExcelJS from 'exceljs'
import type { ToolServices } from '../../contracts/tool-services.ts'
import { loadTool } from '../../tools/registry.ts'
import { withToolBench } from '../../tools/testing/harness.ts'
import { contents, xmlParts } from '../../tools/testing/office-parts.ts'
import { pdfText } from '../../tools/testing/pdf-words.ts'
import type { ToolAnswer } from './talk-to.ts'

export interface Office {
  onCall(name: string, input: Record<string, unknown>): Promise<ToolAnswer>
  /** The words of all files that were made, by the ending of their names: "pptx", "xlsx", "pdf" … */
  made: Map<string, string>
  /** The mails that were sent. */
  mails: Record<string, unknown>[]
  /** What the programs printed. */
  printed: string[]
}

/** `files` stand in the workspace, by path. */
export async function withOffice(files: Record<string, string>, use: (office: Office) => Promise<void>) {
  await withToolBench(async (bench) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(bench.workspace, path)), { recursive: true })
      await writeFile(join(bench.workspace, path), content)
    }
    const office: Office = { onCall, made: new Map(), mails: [], printed: [] }
    async function onCall(name: string, input: Record<string, unknown>): Promise<ToolAnswer> {
      try {
        const tool = await loadTool(name)
        const ran = await bench.run(tool, input, { services: { mail: mailInto(office) } })
        for (const { path } of ran.files) await remember(office, join(bench.workspace, path))
        const { stdout } = ran.output as { stdout?: string }
        if (stdout) office.printed.push(stdout)
        return { output: ran.output }
      } catch (error) {
        const { code = 'failed', message } = error as { code?: string; message: string }
        return { error: { code, message } }
      }
    }
    await use(office)
  })
}

const mailInto = (office: Office) =>
  ({
    send: async (mail: { to: string[] }) => {
      office.mails.push({ ...mail })
      return { messageId: '<test@test>', from: 'test@test', accepted: mail.to, rejected: [], delivery: 'sent' }
    },
  }) as unknown as ToolServices['mail']

async function remember({ made }: Office, path: string) {
  const ending = path.split('.').at(-1)!
  made.set(ending, `${made.get(ending) ?? ''}${await textOf(await readFile(path), ending)}\n`)
}

async function textOf(bytes: Buffer, ending: string): Promise<string> {
  switch (ending) {
    case 'pptx': {
      const parts = [...(await xmlParts(bytes))]
      return parts.flatMap(([, xml]) => [...contents(xml, 'a:t'), ...contents(xml, 'c:v')]).join('\n')
    }
    case 'xlsx': {
      const book = new ExcelJS.Workbook()
      await book.xlsx.load(bytes as unknown as ArrayBuffer)
      return book.worksheets.map(sheetText).join('\n')
    }
    case 'pdf':
      // the spaces between columns are those of the page
      return pdfText(bytes).replace(/[\u00a0 ]+/g, ' ')
    default:
      return bytes.toString('utf8')
  }
}

/** One line a row, cells between bars; a formula shows itself. */
function sheetText(sheet: ExcelJS.Worksheet): string {
  const lines: string[] = []
  sheet.eachRow((row) => {
    const cells = Array.from({ length: row.cellCount }, (_, at) => row.getCell(at + 1))
    lines.push(cells.map((cell) => (cell.formula ? `=${cell.formula}` : String(cell.value ?? ''))).join('|'))
  })
  return lines.join('\n')
}
