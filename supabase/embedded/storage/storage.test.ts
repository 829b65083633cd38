import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type Instance, startInstanceOn } from '../../../tests/support/embedded/instance.ts'

describe.each(databases)('on %s', (database) => {
  let stack: Instance
  let ada: { client: SupabaseClient; id: string }
  let bob: { client: SupabaseClient; id: string }

  /** Each user may do everything in the folder of their own id, and nothing elsewhere. */
  const POLICY = `
  create policy test_own_folder on storage.objects to authenticated
  using (bucket_id = 'private' and (storage.foldername(name))[1] = auth.uid()::text)
  with check (bucket_id = 'private' and (storage.foldername(name))[1] = auth.uid()::text)`

  beforeAll(async () => {
    stack = await startInstanceOn(database)
    await stack.database.query(POLICY)
    expect((await stack.admin.storage.createBucket('private')).error).toBeNull()
    expect((await stack.admin.storage.createBucket('open', { public: true })).error).toBeNull()
    ada = await stack.signedIn()
    bob = await stack.signedIn()
  })
  afterAll(() => stack.close())

  const files = (user: { client: SupabaseClient }) => user.client.storage.from('private')
  const text = async (blob: Blob | null) => blob && (await blob.text())

  test.each([
    ['a Buffer', () => Buffer.from('hello')],
    ['a Blob', () => new Blob(['hello'], { type: 'text/plain' })],
    ["a browser's File", () => new File(['hello'], 'x.txt', { type: 'text/plain' })],
  ])('%s is uploaded and comes back', async (_kind, make) => {
    const path = `${ada.id}/${crypto.randomUUID()} ü.txt`
    const upload = await files(ada).upload(path, make(), { contentType: 'text/plain' })
    expect(upload.error).toBeNull()
    expect(upload.data).toMatchObject({ path, fullPath: `private/${path}` })
    const download = await files(ada).download(path)
    expect(download.data?.type).toBe('text/plain')
    expect(await text(download.data)).toBe('hello')
  })

  test('an object is replaced only with upsert, and only the newest file stays', async () => {
    const path = `${ada.id}/replaced.txt`
    await files(ada).upload(path, Buffer.from('one'))
    expect((await files(ada).upload(path, Buffer.from('two'))).error).toMatchObject({ statusCode: '409' })
    const before = await countFiles()
    expect((await files(ada).upload(path, Buffer.from('three'), { upsert: true })).error).toBeNull()
    expect((await files(ada).update(path, Buffer.from('four'))).error).toBeNull()
    expect(await text((await files(ada).download(path)).data)).toBe('four')
    expect(await countFiles()).toBe(before)
  })

  async function countFiles() {
    const entries = await readdir(join(stack.folder, 'storage'), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).length
  }

  test('RLS decides who reads, lists, writes and removes', async () => {
    const path = `${ada.id}/secret.txt`
    await files(ada).upload(path, Buffer.from('mine'))
    const before = await countFiles()
    const anonymous = { client: stack.client() }
    for (const other of [bob, anonymous]) {
      expect((await files(other).download(path)).error).not.toBeNull()
      expect((await files(other).createSignedUrl(path, 60)).error).not.toBeNull()
      expect((await files(other).list(ada.id)).data).toEqual([])
      expect((await files(other).upload(`${ada.id}/planted.txt`, Buffer.from('x'))).error).toMatchObject({
        statusCode: '403',
      })
      expect((await files(other).update(path, Buffer.from('x'))).error).not.toBeNull()
      expect((await files(other).remove([path])).data).toEqual([])
      expect((await files(other).move(path, `${bob.id}/stolen.txt`)).error).not.toBeNull()
      expect((await files(other).copy(path, `${bob.id}/stolen.txt`)).error).not.toBeNull()
      expect((await other.client.storage.createBucket('mine')).error).toMatchObject({ statusCode: '403' })
    }
    expect(await text((await files(ada).download(path)).data)).toBe('mine')
    expect(await countFiles()).toBe(before)
  })

  test('folders are listed level by level', async () => {
    const base = `${ada.id}/tree`
    for (const name of ['b.txt', 'a.txt', 'sub/c.txt', 'sub/deep/d.txt'])
      await files(ada).upload(`${base}/${name}`, Buffer.from(name))
    const { data } = await files(ada).list(base, { sortBy: { column: 'name', order: 'asc' } })
    expect(data?.map((entry) => [entry.name, entry.id === null])).toEqual([
      ['a.txt', false],
      ['b.txt', false],
      ['sub', true],
    ])
    expect(data?.[0]?.metadata).toMatchObject({ size: 5 })
    expect((await files(ada).list(base, { search: 'b.' })).data?.map((entry) => entry.name)).toEqual(['b.txt'])
    expect((await files(ada).list(base, { limit: 1, offset: 1 })).data?.map((entry) => entry.name)).toEqual(['b.txt'])
  })

  test('signed links open without a key, name the download, and expire', async () => {
    const path = `${ada.id}/report 1.txt`
    await files(ada).upload(path, Buffer.from('0123456789'), { contentType: 'text/plain' })
    const { data } = await files(ada).createSignedUrl(path, 60, { download: 'Bericht.txt' })
    const response = await fetch(data!.signedUrl)
    expect([response.status, await response.text()]).toEqual([200, '0123456789'])
    expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''Bericht.txt")

    const part = await fetch(data!.signedUrl, { headers: { range: 'bytes=2-4' } })
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
    const cached = await fetch(data!.signedUrl, { headers: { 'if-none-match': response.headers.get('etag')! } })
    expect(cached.status).toBe(304)

    const many = await files(ada).createSignedUrls([path, 'nowhere.txt'], 60)
    expect(many.data?.map(({ error }) => error === null)).toEqual([true, false])

    const short = await files(ada).createSignedUrl(path, 1)
    await expect.poll(async () => (await fetch(short.data!.signedUrl)).status, { timeout: 10_000 }).toBe(400)
  })

  test("a link's token opens nothing else", async () => {
    const path = `${ada.id}/one.txt`
    await files(ada).upload(path, Buffer.from('1'))
    await files(ada).upload(`${ada.id}/two.txt`, Buffer.from('2'))
    const { data } = await files(ada).createSignedUrl(path, 60)
    const url = new URL(data!.signedUrl)
    expect((await fetch(url.href.replace('one.txt', 'two.txt'))).status).toBe(400)
    const asToken = await fetch(`${stack.apiUrl}/rest/v1/`, {
      headers: { apikey: stack.keys.publishable, authorization: `Bearer ${url.searchParams.get('token')}` },
    })
    expect(asToken.status).toBeGreaterThanOrEqual(400)
  })

  test('a signed upload link takes one upload from anybody', async () => {
    const path = `${ada.id}/handed-in.txt`
    const { data, error } = await files(ada).createSignedUploadUrl(path)
    expect(error).toBeNull()
    const upload = await stack
      .client()
      .storage.from('private')
      .uploadToSignedUrl(path, data!.token, new Blob(['in']))
    expect(upload.error).toBeNull()
    expect(await text((await files(ada).download(path)).data)).toBe('in')
    expect((await files(bob).createSignedUploadUrl(`${ada.id}/x.txt`)).error).not.toBeNull()
  })

  test('everybody may read a public bucket, but only its policies allow writing', async () => {
    const open = stack.admin.storage.from('open')
    await open.upload('logo.svg', Buffer.from('<svg/>'), { contentType: 'image/svg+xml', cacheControl: '60' })
    const response = await fetch(open.getPublicUrl('logo.svg').data.publicUrl)
    expect([response.status, await response.text()]).toEqual([200, '<svg/>'])
    expect(response.headers.get('content-security-policy')).toContain('sandbox')
    expect((await ada.client.storage.from('open').upload('x.txt', Buffer.from('x'))).error).not.toBeNull()
    const hidden = stack.admin.storage.from('private').getPublicUrl(`${ada.id}/one.txt`).data.publicUrl
    expect((await fetch(hidden)).status).toBe(400)
  })

  test.each([
    ['text/xsl', undefined],
    ['text/html', undefined],
    ['image/svg+xml', undefined],
    ['application/rdf+xml', undefined],
    ['text/xml; charset=utf-8', undefined],
    ['multipart/x-mixed-replace', undefined],
    ['text/javascript', undefined],
    ['text/css', undefined],
    ['application/wasm', undefined],
    ['application/pdf', undefined],
    ['made/up', undefined],
    ['text/plain; charset=iso-8859-1', 'text/plain; charset=iso-8859-1'],
    ['text/plain; x="</script>"', 'text/plain'],
    ['IMAGE/PNG', 'image/png'],
    ['audio/mpeg', 'audio/mpeg'],
    ['video/mp4', 'video/mp4'],
  ])('an object of type %s never runs, and is shown only as %s', async (contentType, shownAs) => {
    const path = `${ada.id}/${randomUUID()}.x`
    expect((await files(ada).upload(path, Buffer.from('<svg/>'), { contentType })).error).toBeNull()
    const { data } = await files(ada).createSignedUrl(path, 60)
    const { headers } = await fetch(data!.signedUrl)
    expect(headers.get('content-type')).toBe(shownAs ?? 'application/octet-stream')
    expect(headers.get('content-disposition')?.split(';')[0]).toBe(shownAs ? undefined : 'attachment')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-site',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
    expect((await files(ada).info(path)).data?.contentType, 'what it is called stays').toBe(contentType)
  })

  test('objects are moved, copied, described and removed', async () => {
    const [from, to, copy] = ['from.txt', 'moved.txt', 'copied.txt'].map((name) => `${ada.id}/${name}`) as [
      string,
      string,
      string,
    ]
    await files(ada).upload(from, Buffer.from('x'), { metadata: { by: 'ada' }, contentType: 'text/plain' })
    expect((await files(ada).move(from, to)).error).toBeNull()
    expect((await files(ada).copy(to, copy)).error).toBeNull()
    expect((await files(ada).info(copy)).data).toMatchObject({
      size: 1,
      contentType: 'text/plain',
      metadata: { by: 'ada' },
    })
    expect((await files(ada).exists(from)).data).toBe(false)
    expect((await files(ada).exists(copy)).data).toBe(true)
    expect((await files(ada).remove([to, copy])).data).toHaveLength(2)
    expect((await files(ada).download(copy)).error).not.toBeNull()
  })

  test('buckets enforce their limits', async () => {
    const { storage } = stack.admin
    await storage.createBucket('small', { public: false, fileSizeLimit: '3B', allowedMimeTypes: ['image/*'] })
    const small = storage.from('small')
    expect((await small.upload('a.png', Buffer.from('123'), { contentType: 'image/png' })).error).toBeNull()
    expect((await small.upload('b.png', Buffer.from('1234'), { contentType: 'image/png' })).error).toMatchObject({
      statusCode: '413',
    })
    expect((await small.upload('c.txt', Buffer.from('1'), { contentType: 'text/plain' })).error).toMatchObject({
      statusCode: '415',
    })
    expect((await storage.deleteBucket('small')).error).not.toBeNull()
    expect((await storage.emptyBucket('small')).error).toBeNull()
    expect((await storage.deleteBucket('small')).error).toBeNull()
    expect((await storage.getBucket('small')).error).toMatchObject({ statusCode: '404' })
  })

  test.each(['../up.txt', 'a/../../b.txt', 'a//b.txt', '%2e%2e/c.txt', 'a/%2e%2e%2f%2e%2e%2fd.txt'])(
    'the key %s cannot leave its place',
    async (key) => {
      const before = await countFiles()
      const response = await fetch(`${stack.apiUrl}/storage/v1/object/private/${key}`, {
        method: 'POST',
        headers: { apikey: stack.keys.secret, 'content-type': 'text/plain' },
        body: 'x',
      })
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(await countFiles()).toBe(before)
    },
  )
})
