import { z } from 'zod'
import { ownValue } from '../../contracts/own-value.ts'
import { defineTool, MAX_FILE_BYTES } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { ProgramResult } from '../../contracts/tool-services.ts'
import { mediaType } from '../kit/media-types.ts'
import { openFile, relativePath } from '../kit/workspace.ts'
import { pythonLibraries } from './libraries.ts'
import { runScript } from './script.ts'
import { changedFiles, snapshot } from './snapshot.ts'

const MAX_SECONDS = 280

export const runCode = defineTool({
  name: 'run_code',
  description:
    'Runs a JavaScript (Node 24) or Python 3 program in the workspace folder and returns what it printed. Use it to ' +
    'compute, to convert and check data, to read binary files, to draw charts. Print what you want to see. Files are ' +
    'opened by paths relative to the workspace. Nothing stays running after the call. Only the hosts that the persona ' +
    'may reach are reachable. A program can import modules that stand in the workspace folder. Packages cannot be ' +
    'installed. For Node exceljs and jszip are at hand; for Python numpy, pandas, matplotlib, openpyxl, PIL, docx and ' +
    'pypdf, where they are installed: a program that misses one is told which there are. PowerPoint files are zip files ' +
    'of XML (jszip, zipfile). Not for making slides, sheets or PDFs: the generate_ tools do that better.',
  group: 'code',
  effect: 'idempotent',
  runs: 'sandbox',
  needs: ['programs'],
  timeoutSeconds: 300,
  view: {
    question: 'Run this {language} program?',
    summary: 'A {language} program',
    fields: [
      { name: 'code', label: 'Program', kind: 'code', isEditable: true },
      { name: 'stdin', label: 'Its input', kind: 'text' },
      { name: 'deliver', label: 'Files it delivers', kind: 'list' },
    ],
  },
  input: z.object({
    language: z.enum(['javascript', 'python']).describe('Language of the program.'),
    code: z.string().min(1).max(200_000).describe('The whole program.'),
    stdin: z.string().max(1_000_000).optional().describe('Text for the program’s standard input.'),
    timeout_seconds: z
      .number()
      .int()
      .min(1)
      .max(MAX_SECONDS)
      .default(60)
      .describe('The program is killed after this time.'),
    deliver: z
      .array(z.string().min(1).max(1024))
      .max(20)
      .default([])
      .describe('Files that the program makes and that the person should get as results, e.g. ["chart.png"].'),
  }),
  output: z.object({
    exit_code: z.number().int().nullable().describe('0 is success; null when a signal ended the program.'),
    signal: z.string().optional().describe('The signal that ended the program, e.g. "SIGSEGV" for a crash.'),
    timed_out: z.boolean(),
    stdout: z.string(),
    stderr: z.string(),
    files_changed: z.array(z.string()).describe('Files in the workspace that the program created or changed.'),
    hint: z.string().optional().describe('Says what could not be done, e.g. a file that was not delivered.'),
  }),
  examples: [
    {
      request: 'What is the standard deviation of 12, 15, 9 and 22?',
      input: { language: 'python', code: 'import statistics\nprint(statistics.stdev([12, 15, 9, 22]))' },
    },
    {
      request: 'Turn sales.csv into JSON for me',
      input: {
        language: 'javascript',
        code:
          "const fs = require('node:fs')\nconst [head, ...rows] = fs.readFileSync('sales.csv', 'utf8').trim().split('\\n').map((l) => l.split(','))\n" +
          "fs.writeFileSync('sales.json', JSON.stringify(rows.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i]])))))\nconsole.log(rows.length, 'rows')",
        deliver: ['sales.json'],
      },
    },
  ],
  async run(ctx, input) {
    const deliver = input.deliver.map(relativePath) // refuses an invalid path before anything runs
    const before = await snapshot(ctx.workspace)
    const result = await runScript(
      {
        language: input.language,
        code: input.code,
        stdin: input.stdin ?? '',
        workspace: ctx.workspace,
        timeoutMs: input.timeout_seconds * 1000,
      },
      ctx.programs,
      ctx.signal,
    )
    const after = await snapshot(ctx.workspace)
    const refused: string[] = []
    for (const path of deliver) {
      const why = await whyNotDelivered(ctx.workspace, path)
      if (why) refused.push(`${path} was not delivered: ${why}`)
      else ctx.produce({ path, contentType: mediaType(path) })
    }
    const hints = [howItEnded(result), await whatIsMissing(result, input.language), ...refused].filter(Boolean)
    return {
      exit_code: result.exitCode,
      signal: result.endedFor === null ? (result.signal ?? undefined) : undefined,
      timed_out: result.endedFor === 'time',
      stdout: result.stdout,
      stderr: result.stderr,
      files_changed: changedFiles(before, after),
      hint: hints.join(' ') || undefined,
    }
  },
})

const SIGNALS: Record<string, string> = {
  SIGKILL: 'It was killed (SIGKILL), most likely for taking too much memory.',
  SIGSEGV: 'It crashed with SIGSEGV: it accessed memory that it does not own (segmentation fault).',
  SIGABRT: 'It crashed with SIGABRT: the program or one of its libraries called abort().',
  SIGBUS: 'It crashed with SIGBUS: it accessed memory in an invalid way (bus error).',
  SIGFPE: 'It crashed with SIGFPE: an arithmetic error, such as a division by zero.',
  SIGILL: 'It crashed with SIGILL: it used an instruction that this processor does not have.',
  SIGXFSZ: 'It was ended by SIGXFSZ: it wrote a file that is larger than the limit.',
}

function howItEnded({ signal, endedFor }: ProgramResult): string | undefined {
  if (endedFor === 'output') return 'It was ended, because it printed too much: write to a file instead.'
  if (!signal || endedFor) return undefined
  return ownValue(SIGNALS, signal) ?? `It was ended by the signal ${signal}.`
}

async function whatIsMissing({ stderr }: ProgramResult, language: string): Promise<string | undefined> {
  if (language !== 'python' || !/^(ModuleNotFoundError|ImportError):/m.test(stderr)) return undefined
  return pythonLibraries().catch(() => undefined)
}

/** A file that cannot be delivered gives a hint, not an error, so that the program's output is not lost. */
async function whyNotDelivered(workspace: string, path: string): Promise<string | undefined> {
  try {
    const { file, size } = await openFile(workspace, path)
    await file.close()
    if (size > MAX_FILE_BYTES) return `it has ${size} bytes, and a file that is handed over may have ${MAX_FILE_BYTES}.`
    return undefined
  } catch (error) {
    if (error instanceof ToolError) return error.code === 'not_found' ? 'the program did not make it.' : error.message
    throw error
  }
}
