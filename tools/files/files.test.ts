import { execFileSync } from 'node:child_process'
import { mkdir, readFile as readBytes, symlink, writeFile as write } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_OUTPUT_CHARS } from '../kit/truncate.ts'
import { withToolBench } from '../testing/harness.ts'
import { listFiles } from './list-files.ts'
import { readFile } from './read-file.ts'
import { writeFile } from './write-file.ts'

test('write, list and read a file', () =>
  withToolBench(async ({ run }) => {
    const made = await run(writeFile, { path: '/workspace/notes/a b.md', content: 'Größe\n\n- one\n' })
    expect(made).toMatchObject({
      output: { path: 'notes/a b.md', bytes: 15 },
      files: [{ path: 'notes/a b.md', contentType: 'text/markdown' }],
    })
    await run(writeFile, { path: 'scratch.txt', content: 'x', deliver: false }).then(({ files }) =>
      expect(files).toEqual([]),
    )
    const flat = await run(listFiles, {})
    expect(flat.output.entries.map(({ path, type }) => [path, type])).toEqual([
      ['notes', 'folder'],
      ['scratch.txt', 'file'],
    ])
    const deep = await run(listFiles, { recursive: true })
    expect(deep.output.entries[1]).toMatchObject({ path: 'notes/a b.md', type: 'file', bytes: 15 })
    const { output } = await run(readFile, { path: 'notes/a b.md' })
    expect(output).toEqual({ path: 'notes/a b.md', content: 'Größe\n\n- one', first_line: 1, total_lines: 3 })
  }))

test('create refuses to replace other content, but can be repeated with the same content', () =>
  withToolBench(async ({ run }) => {
    await run(writeFile, { path: 'a.txt', content: 'one' })
    await run(writeFile, { path: 'a.txt', content: 'one' })
    await expect(run(writeFile, { path: 'a.txt', content: 'two' })).rejects.toThrow(/exists.*overwrite/)
    await run(writeFile, { path: 'a.txt', content: 'two', mode: 'overwrite' })
    expect((await run(readFile, { path: 'a.txt' })).output.content).toBe('two')
  }))

test('append adds the text once per call, even if the call is repeated', () =>
  withToolBench(async ({ run }) => {
    const append = (content: string, key: string) => run(writeFile, { path: 'log', content, mode: 'append' }, { key })
    await append('a\n', '1')
    await append('a\n', '1')
    await append('b\n', '2')
    await append('a\n', '1')
    await append('b\n', '2')
    await append('a\n', '3')
    expect((await run(readFile, { path: 'log' })).output.content).toBe('a\nb\na')
  }))

test('long files are returned in parts, with a hint how to read the rest', () =>
  withToolBench(async ({ run, workspace }) => {
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i + 1} ${'x'.repeat(10)}`)
    await write(join(workspace, 'long.txt'), lines.join('\n'))
    const read: string[] = []
    for (let offset = 1, more = true; more; ) {
      const { output } = await run(readFile, { path: 'long.txt', offset })
      expect(output.content.length).toBeLessThanOrEqual(MAX_OUTPUT_CHARS)
      read.push(...output.content.split('\n'))
      offset = read.length + 1
      more = output.hint !== undefined
      if (more) expect(output.hint).toBe(`${5000 - read.length} more lines: continue with offset ${offset}.`)
    }
    expect(read).toEqual(lines)
    const part = await run(readFile, { path: 'long.txt', offset: 100, limit: 2 })
    expect(part.output.content.split('\n')).toEqual(lines.slice(99, 101))
    await expect(run(readFile, { path: 'long.txt', offset: 9999 })).rejects.toThrow(/5000 lines/)
  }))

test('a very long line is cut, and an empty file has empty content', () =>
  withToolBench(async ({ run, workspace }) => {
    await write(join(workspace, 'line'), 'y'.repeat(100_000))
    const { output } = await run(readFile, { path: 'line' })
    expect(output.content.length).toBe(MAX_OUTPUT_CHARS)
    expect(output.hint).toContain('100000 characters')
    await write(join(workspace, 'empty'), '')
    expect((await run(readFile, { path: 'empty' })).output).toMatchObject({ content: '', total_lines: 0 })
  }))

test('binary files give an error with type and size, and old encodings are read', () =>
  withToolBench(async ({ run, workspace }) => {
    await write(join(workspace, 'photo.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0xff]))
    await expect(run(readFile, { path: 'photo.png' })).rejects.toThrow('photo.png is not text: image/png, 9 bytes.')
    await write(join(workspace, 'old.csv'), Buffer.from('Größe;5', 'latin1'))
    expect((await run(readFile, { path: 'old.csv' })).output).toMatchObject({
      content: 'Größe;5',
      guessed_encoding: 'windows-1252',
    })
    await write(join(workspace, 'sjis.csv'), Buffer.from('8cda8b712c938c8b9e0a', 'hex'))
    expect((await run(readFile, { path: 'sjis.csv' })).output).toMatchObject({
      content: '顧客,東京',
      guessed_encoding: 'shift_jis',
    })
    await write(join(workspace, 'plain.txt'), Buffer.from('Größe', 'utf16le'))
    const { output } = await run(readFile, { path: 'plain.txt' })
    expect([output.content, output.guessed_encoding]).toEqual(['Größe', undefined])
    await write(
      join(workspace, 'wide.txt'),
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Größe', 'utf16le')]),
    )
    expect((await run(readFile, { path: 'wide.txt' })).output.content).toBe('Größe')
  }))

test('every tool refuses paths out of the workspace, links, pipes and folders', () =>
  withToolBench(async ({ run, workspace }) => {
    await symlink('/etc', join(workspace, 'etc'))
    await symlink('/etc/passwd', join(workspace, 'passwd'))
    await mkdir(join(workspace, 'dir'))
    execFileSync('mkfifo', [join(workspace, 'pipe')])
    for (const path of ['../x', '/etc/passwd', 'etc/passwd', 'passwd', 'dir', 'pipe', 'a\nb', 'x'.repeat(300)]) {
      await expect(run(readFile, { path }), path).rejects.toMatchObject({ code: 'invalid_input' })
    }
    for (const path of ['../x', '/etc/persona', 'etc/persona', 'dir', '.', 'x'.repeat(300), 'a\u0000']) {
      await expect(run(writeFile, { path, content: '', mode: 'overwrite' }), path).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
    await expect(run(listFiles, { path: 'etc' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(run(listFiles, { path: '..' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(run(listFiles, { path: 'nope' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(run(readFile, { path: 'nope' })).rejects.toMatchObject({ code: 'not_found' })
    const { output } = await run(listFiles, { recursive: true })
    expect(output.entries.find(({ path }) => path === 'etc')).toEqual({ path: 'etc', type: 'link' })
    expect(output.entries.some(({ path }) => path.startsWith('etc/'))).toBe(false)
  }))

test('a written file has exactly the given content, and no temporary file is left', () =>
  withToolBench(async ({ run, workspace }) => {
    const content = 'a\r\nb\tc\u0001 😀'
    await run(writeFile, { path: 'x.txt', content })
    expect(await readBytes(join(workspace, 'x.txt'), 'utf8')).toBe(content)
    expect((await run(listFiles, {})).output.entries).toHaveLength(1)
  }))

test('a folder with very many files is listed in part', () =>
  withToolBench(async ({ run, workspace }) => {
    await Promise.all(Array.from({ length: 520 }, (_, i) => write(join(workspace, `f${i}`), '')))
    const { output } = await run(listFiles, {})
    expect(output.entries).toHaveLength(500)
    expect(output.hint).toContain('500')
  }))
