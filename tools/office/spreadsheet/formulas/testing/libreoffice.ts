/** Lets LibreOffice calculate: it opens the workbook without the values that we stored, and saves it again. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import JSZip from 'jszip'

export async function recalculated(file: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'libreoffice-'))
  try {
    await writeFile(join(folder, 'book.xlsx'), await withoutValues(file))
    const args = ['--headless', '--convert-to', 'xlsx:Calc MS Excel 2007 XML', '--outdir', join(folder, 'out')]
    await promisify(execFile)(
      'soffice',
      [`-env:UserInstallation=file://${join(folder, 'profile')}`, ...args, join(folder, 'book.xlsx')],
      { env: { ...process.env, HOME: folder } },
    )
    return await readFile(join(folder, 'out', 'book.xlsx'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Otherwise LibreOffice would use our values instead of calculating. */
async function withoutValues(file: Uint8Array): Promise<Uint8Array> {
  const zip = await JSZip.loadAsync(file)
  for (const { name } of zip.file(/^xl\/worksheets\/sheet\d+\.xml$/)) {
    const xml = await zip.file(name)!.async('string')
    zip.file(name, xml.replace(/( t="\w+")?>(<f[^>]*>[^<]*<\/f>)<v>[^<]*<\/v>/g, '>$2'))
  }
  return zip.generateAsync({ type: 'uint8array' })
}
