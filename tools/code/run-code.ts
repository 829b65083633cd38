import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { mediaType } from '../kit/media-types.ts'
import { openFile, relativePath } from '../kit/workspace.ts'
import { runScript } from './script.ts'
import { changedFiles, snapshot } from './snapshot.ts'

const MAX_SECONDS = 280

export const runCode = defineTool({
  name: 'run_code',
  description:
    'Runs a JavaScript (Node 24) or Python 3 program in the workspace folder and returns what it printed. Use it to ' +
    'compute, to convert and check data, to read binary files, to draw charts. Print what you want to see. Files are ' +
    'opened by paths relative to the workspace. Nothing stays running after the call. Only the hosts that the persona ' +
    'may reach are reachable. Packages cannot be installed; for Node exceljs and jszip are at hand. Not for making ' +
    'slides, sheets or PDFs: the generate_ tools do that better.',
  group: 'code',
  effect: 'idempotent',
  runs: 'sandbox',
  timeoutSeconds: 300,
  view: {
    question: 'Run this {language} program?',
    summary: 'A {language} program',
    fields: [
      { name: 'code', label: 'Program', kind: 'code', isEditable: true },
      { name: 'stdin', label: 'Its input', kind: 'text' },
      { name: 'deliver', label: 'Files it hands over', kind: 'list' },
    ],
  },
  input: z.object({
    language: z.enum(['javascript', 'python']).describe('Language of the program.'),
    code: z.string().min(1).max(200_000).describe('The whole program.'),
    stdin: z.string().max(1_000_000).optional().describe('Text that the program gets on its standard input.'),
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
      .describe('Files that the program makes and that the person shall get as results, e.g. ["chart.png"].'),
  }),
  output: z.object({
    exit_code: z.number().int().nullable().describe('0 is success; null when the program was killed.'),
    timed_out: z.boolean(),
    stdout: z.string(),
    stderr: z.string(),
    files_changed: z.array(z.string()).describe('Files in the workspace that were made or changed meanwhile.'),
    hint: z.string().optional().describe('Set when something asked for was not done.'),
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
    const before = await snapshot(ctx.workspace)
    const result = await runScript(
      {
        language: input.language,
        code: input.code,
        stdin: input.stdin ?? '',
        workspace: ctx.workspace,
        timeoutMs: input.timeout_seconds * 1000,
      },
      ctx.signal,
    )
    const after = await snapshot(ctx.workspace)
    const missing: string[] = []
    for (const path of input.deliver.map(relativePath)) {
      if (await isFile(ctx.workspace, path)) ctx.produce({ path, contentType: mediaType(path) })
      else missing.push(path)
    }
    const hints = [
      ...(missing.length > 0 ? [`Not delivered, as the program did not make it: ${missing.join(', ')}.`] : []),
      ...(result.exitCode === null && !result.timedOut
        ? ['It was killed, most likely for taking too much memory.']
        : []),
    ]
    return {
      exit_code: result.exitCode,
      timed_out: result.timedOut,
      stdout: result.stdout,
      stderr: result.stderr,
      files_changed: changedFiles(before, after),
      hint: hints.join(' ') || undefined,
    }
  },
})

async function isFile(workspace: string, path: string): Promise<boolean> {
  try {
    const { file } = await openFile(workspace, path)
    await file.close()
    return true
  } catch (error) {
    if (error instanceof ToolError) return false
    throw error
  }
}
