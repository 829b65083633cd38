/** Which files can be attached to a run, told before anything is uploaded. The server checks the same limits. */
import { MAX_ATTACHMENT_NAME, MAX_ATTACHMENTS } from '#contracts/api'
import { MAX_FILE_BYTES } from '#contracts/tool'
import { formatSize } from '../../common/format/amounts'

type FileFacts = Pick<File, 'name' | 'size'>

/** The files that are attached with the new ones among them that fit, and a sentence for each that does not. */
export function admit<T extends FileFacts>(attached: T[], chosen: T[]): { files: T[]; problems: string[] } {
  const files = [...attached]
  const problems: string[] = []
  for (const file of chosen) {
    const problem = problemOf(file) ?? (files.length < MAX_ATTACHMENTS ? undefined : tooMany(file))
    if (problem) problems.push(problem)
    else files.push(file)
  }
  return { files, problems }
}

function problemOf({ name, size }: FileFacts): string | undefined {
  if (size > MAX_FILE_BYTES)
    return `${name} is too large (${formatSize(size)}). A file may have at most ${MAX_FILE_BYTES / 1024 ** 2} MB.`
  if (name.length > MAX_ATTACHMENT_NAME)
    return `${name.slice(0, 40)}… has too long a name. Rename it to at most ${MAX_ATTACHMENT_NAME} characters.`
  if (!name.isWellFormed()) return `${name.toWellFormed()} has a name that cannot be stored. Rename it first.`
}

const tooMany = ({ name }: FileFacts) => `${name} is one too many. A run takes at most ${MAX_ATTACHMENTS} files.`
