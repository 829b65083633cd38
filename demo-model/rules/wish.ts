/** Everything that the words say about the documents to make. */
import { type Figures, figuresOf } from './figures.ts'
import type { Language } from './language.ts'
import { countOf, type OutputKind, outputsOf } from './outputs.ts'
import { pointsOf, topicOf, topicOfAnswer } from './topic.ts'

export interface Wish {
  language: Language
  outputs: OutputKind[]
  /** The number of slides and of PDF pages that are asked for; null if the text does not say. */
  slides: number | null
  pages: number | null
  topic: string | null
  figures: Figures | null
  points: string[]
  /** Column headings of a sheet to be filled in. */
  columns: string[]
  /** Who a letter is for; null when it is not a letter. */
  letterTo: string | null
  filename: string | null
}

/** `material` is text from files that the person named; `answers` are what the person said when asked. */
export function wishOf(task: string, answers: string[], material: string[], language: Language): Wish {
  const said = [task, ...answers].join('\n')
  const wantsPdf = outputsOf(said).includes('pdf')
  const figures = [said, ...material].map((text) => figuresOf(text, language)).find((found) => found !== null) ?? null
  const topics = [topicOf(task), ...answers.map(topicOfAnswer)]
  const isLabel = (topic: string) => figures?.rows.some((row) => row.label.toLowerCase() === topic.toLowerCase())
  return {
    language,
    outputs: outputsOf(task).length > 0 ? outputsOf(task) : outputsOf(said),
    slides: countOf(said, 'slides') ?? (wantsPdf ? null : countOf(said, 'pages')),
    pages: countOf(said, 'pages'),
    topic: topics.find((topic) => topic !== null && !isLabel(topic)) ?? null,
    figures,
    points: [said, ...material].map(pointsOf).find((points) => points.length > 0) ?? linesOf(material),
    columns: /\b(?:columns?|spalten)\b/i.test(said) ? pointsOf(said) : [],
    letterTo: letterTo(task),
    filename: /(?<![\w/])([\w-]{1,80})\.(?:pptx|xlsx|pdf)(?!\w)/i.exec(said)?.[1] ?? null,
  }
}

/** The lines of a text file that the person named; they are the points if the file has no list. */
function linesOf(material: string[]): string[] {
  const lines = material.flatMap((text) => text.split(/\n+/)).map((line) => line.replace(/^#+\s*/, '').trim())
  return lines
    .filter((line) => line.length > 1)
    .map((line) => line.slice(0, 300))
    .slice(0, 60)
}

function letterTo(task: string): string | null {
  const match =
    /(?<![\p{L}])(?:letter|brief|schreiben)\s+(?:to|an)\s+(?:(?:our|my|the|unsere[nrm]?|meine[nrm]?|den|die|das)\s+)?([^,.:\n]+?)(?=\s+(?:about|on|regarding|saying|that|to|asking|thanking|über|wegen|zu[mr]?|dass)(?![\p{L}])|[,.:\n]|$)/iu.exec(
      task,
    )
  return match?.[1]?.trim() ?? (/(?<![\p{L}])(?:letter|brief)(?![\p{L}])/iu.test(task) ? '' : null)
}
