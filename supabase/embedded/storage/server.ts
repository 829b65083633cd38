/**
 * `/storage/v1`: the part of Supabase Storage that supabase-js uses, on `storage.objects` with RLS. We do not use lite's own
 * Storage, because it fails on uploads from browsers, signs links that do not work, and does not list folders.
 */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { isStorableJson, isStorableUrl } from '../../../contracts/storable.ts'
import { type Identities, type Identity, Unauthorized } from '../identity/identity.ts'
import { MiB, tooManyBytes } from '../limits/limits.ts'
import { createBucket, deleteBucket, getBucket, listBuckets, updateBucket } from './buckets.ts'
import { contentResponse } from './content.ts'
import {
  assertSmallJson,
  bucketNotFound,
  fromDatabase,
  invalidRequest,
  objectNotFound,
  StorageError,
  tooLarge,
  unstorable,
} from './errors.ts'
import type { Files } from './files.ts'
import { listObjects } from './objects.ts'
import type { SignedUrls } from './signed-url.ts'
import type { ObjectStore, Place } from './store.ts'
import { readUpload } from './upload.ts'

/** Enough for a thousand names of objects. */
const MAX_JSON_BYTES = 2 * MiB
const UPLOAD_LINK_SECONDS = 2 * 60 * 60

export interface StorageSettings {
  identities: Identities
  store: ObjectStore
  files: Files
  signedUrls: SignedUrls
}

const units = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 }
/** A number of bytes, or a text such as "10MB". */
const Size = z
  .union([z.number().int().positive(), z.string().regex(/^\d+(B|KB|MB|GB)?$/i)])
  .transform((size) => (typeof size === 'number' ? size : Number.parseInt(size, 10) * unitOf(size)))
const unitOf = (size: string) => units[size.replace(/^\d+/, '').toUpperCase() as keyof typeof units] ?? 1

const BucketSettings = z.object({
  public: z.boolean().optional(),
  file_size_limit: Size.nullish(),
  allowed_mime_types: z.array(z.string()).nullish(),
})
const bucketId = z.string().regex(/^[\w!.*'() &$@=;:+,?-]{1,100}$/, 'is not a valid bucket name')
const NewBucket = BucketSettings.extend({ id: bucketId.optional(), name: bucketId })
const List = z.object({
  prefix: z.string().default(''),
  limit: z.number().int().min(1).max(1000).default(100),
  offset: z.number().int().min(0).default(0),
  search: z.string().default(''),
  sortBy: z
    .object({
      column: z.enum(['name', 'created_at', 'updated_at', 'last_accessed_at']).default('name'),
      order: z.enum(['asc', 'desc']).default('asc'),
    })
    .prefault({}),
})
const Transfer = z.object({
  bucketId: z.string(),
  sourceKey: z.string(),
  destinationBucket: z.string().optional(),
  destinationKey: z.string(),
})
const Names = z.object({ prefixes: z.array(z.string()).min(1).max(1000) })
const Lifetime = z.object({ expiresIn: z.number().int().positive() })
const Lifetimes = Lifetime.extend({ paths: z.array(z.string()).max(1000) })

export function storageRoutes(settings: StorageSettings): Hono {
  const app = new Hono().basePath('/storage/v1')
  app.onError((error) => {
    if (error instanceof Unauthorized) return new StorageError(401, 'AccessDenied', error.message, 401).toResponse()
    const known = fromDatabase(error)
    if (known instanceof StorageError) return known.toResponse()
    throw error
  })
  app.use(async (context, next) => {
    if (!isStorableUrl(context.req.url)) throw unstorable()
    await next()
  })
  app.get('/status', (context) => context.json({ status: 'ok' }))
  bucketRoutes(app, settings)
  linkRoutes(app, settings)
  objectRoutes(app, settings)
  app.all('*', ({ req }) => {
    throw new StorageError(404, 'NoSuchRoute', `Route ${req.method}:${req.path} not found`, 404)
  })
  return app
}

function bucketRoutes(app: Hono, { identities, store }: StorageSettings) {
  app.get('/bucket', async (context) => context.json(await store.as(await identities.of(context.req.raw), listBuckets)))
  app.post('/bucket', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { id, name, ...bucket } = await body(context, NewBucket)
    await store.as(caller, (query) => createBucket(query, id ?? name, name, bucket, caller.claims.sub))
    return context.json({ name })
  })
  app.get('/bucket/:id', async (context) => {
    const caller = await identities.of(context.req.raw)
    return context.json(await store.as(caller, (query) => getBucket(query, context.req.param('id'))))
  })
  app.put('/bucket/:id', async (context) => {
    const caller = await identities.of(context.req.raw)
    const bucket = await body(context, BucketSettings)
    await store.as(caller, (query) => updateBucket(query, context.req.param('id'), bucket))
    return context.json({ message: 'Successfully updated' })
  })
  app.delete('/bucket/:id', async (context) => {
    const caller = await identities.of(context.req.raw)
    await store.as(caller, (query) => deleteBucket(query, context.req.param('id')))
    return context.json({ message: 'Successfully deleted' })
  })
  app.post('/bucket/:id/empty', async (context) => {
    await store.empty(await identities.of(context.req.raw), context.req.param('id'))
    return context.json({ message: 'Successfully emptied' })
  })
}

/** Signed links, which need no API key. */
function linkRoutes(app: Hono, { identities, store, files, signedUrls }: StorageSettings) {
  const sign = async ({ bucket, name }: Place, seconds: number) => {
    const token = await signedUrls.sign({ url: `${bucket}/${name}`, intent: 'download' }, seconds)
    // not encoded, because supabase-js does that
    return `/object/sign/${bucket}/${name}?token=${token}`
  }
  app.get('/object/sign/:bucket/:name{.+}', async (context) => {
    const place = placeOf(context)
    await signedUrls.verify(context.req.query('token'), 'download', `${place.bucket}/${place.name}`)
    return contentResponse(files, await store.findGranted(place), context.req.raw)
  })
  app.post('/object/sign/:bucket/:name{.+}', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { expiresIn } = await body(context, Lifetime)
    await store.find(caller, placeOf(context))
    return context.json({ signedURL: await sign(placeOf(context), expiresIn) })
  })
  app.post('/object/sign/:bucket', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { expiresIn, paths } = await body(context, Lifetimes)
    const links = paths.map(async (path) => {
      const place = { bucket: context.req.param('bucket'), name: path }
      const missing = await store.find(caller, place).then(
        () => null,
        () => 'Either the object does not exist or you do not have access to it',
      )
      return { path, error: missing, signedURL: missing ? null : await sign(place, expiresIn) }
    })
    return context.json(await Promise.all(links))
  })
  app.post('/object/upload/sign/:bucket/:name{.+}', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { bucket, name } = placeOf(context)
    const upsert = context.req.header('x-upsert') === 'true'
    await store.assertMayUpload(caller, { bucket, name }, upsert)
    const grant = { url: `${bucket}/${name}`, intent: 'upload' as const, owner: caller.claims.sub, upsert }
    const token = await signedUrls.sign(grant, UPLOAD_LINK_SECONDS)
    return context.json({ url: `/object/upload/sign/${bucket}/${encodePath(name)}?token=${token}`, token })
  })
  app.put('/object/upload/sign/:bucket/:name{.+}', async (context) => {
    const place = placeOf(context)
    const token = context.req.query('token')
    const { owner, upsert = false } = await signedUrls.verify(token, 'upload', `${place.bucket}/${place.name}`)
    const signer: Identity = { role: 'service_role', claims: { role: 'service_role', sub: owner } }
    const object = await store.upload(signer, place, await readUpload(context.req.raw), upsert)
    return context.json({ Id: object.id, Key: `${place.bucket}/${place.name}` })
  })
  app.get('/object/public/:bucket/:name{.+}', async (context) => {
    const place = placeOf(context)
    if (!(await store.isPublic(place.bucket))) throw bucketNotFound()
    return contentResponse(files, await store.findGranted(place), context.req.raw)
  })
}

function objectRoutes(app: Hono, { identities, store, files }: StorageSettings) {
  app.post('/object/list/:bucket', async (context) => {
    const caller = await identities.of(context.req.raw)
    const listing = await body(context, List)
    return context.json(await store.as(caller, (query) => listObjects(query, context.req.param('bucket'), listing)))
  })
  app.post('/object/move', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { from, to } = transferOf(await body(context, Transfer))
    await store.move(caller, from, to)
    return context.json({ message: 'Successfully moved' })
  })
  app.post('/object/copy', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { from, to } = transferOf(await body(context, Transfer))
    const object = await store.copy(caller, from, to, context.req.header('x-upsert') === 'true')
    return context.json({ Id: object.id, Key: `${to.bucket}/${to.name}` })
  })
  app.on('GET', ['/object/info/authenticated/:bucket/:name{.+}', '/object/info/:bucket/:name{.+}'], async (context) => {
    const { version, metadata, user_metadata, ...object } = await store.find(
      await identities.of(context.req.raw),
      placeOf(context),
    )
    return context.json({
      ...object,
      version,
      metadata: user_metadata ?? {},
      size: metadata.size,
      content_type: metadata.mimetype,
      cache_control: metadata.cacheControl,
      etag: metadata.eTag,
      last_modified: metadata.lastModified,
    })
  })
  app.on('GET', ['/object/authenticated/:bucket/:name{.+}', '/object/:bucket/:name{.+}'], async (context) => {
    const object = await store.find(await identities.of(context.req.raw), placeOf(context))
    return contentResponse(files, object, context.req.raw)
  })
  app.on(['POST', 'PUT'], '/object/:bucket/:name{.+}', async (context) => {
    const caller = await identities.of(context.req.raw)
    const place = placeOf(context)
    const upsert = context.req.method === 'PUT' || context.req.header('x-upsert') === 'true'
    await store.assertMayUpload(caller, place, upsert)
    const object = await store.upload(caller, place, await readUpload(context.req.raw), upsert)
    return context.json({ Id: object.id, Key: `${place.bucket}/${place.name}` })
  })
  app.delete('/object/:bucket', async (context) => {
    const caller = await identities.of(context.req.raw)
    const { prefixes } = await body(context, Names)
    return context.json(await store.remove(caller, context.req.param('bucket'), prefixes))
  })
  app.delete('/object/:bucket/:name{.+}', async (context) => {
    const { bucket, name } = placeOf(context)
    const removed = await store.remove(await identities.of(context.req.raw), bucket, [name])
    if (removed.length === 0) throw objectNotFound()
    return context.json({ message: 'Successfully deleted' })
  })
}

const placeOf = (context: Context): Place => context.req.param() as unknown as Place

const transferOf = ({ bucketId, sourceKey, destinationBucket, destinationKey }: z.infer<typeof Transfer>) => ({
  from: { bucket: bucketId, name: sourceKey },
  to: { bucket: destinationBucket ?? bucketId, name: destinationKey },
})

const encodePath = (name: string) => name.split('/').map(encodeURIComponent).join('/')

async function body<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readAtMost(context.req.raw, MAX_JSON_BYTES)
  assertSmallJson(bytes)
  const json = parseJson(bytes)
  if (!isStorableJson(json)) throw unstorable()
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalidRequest(`${issue?.path.join('.') || 'body'} ${issue?.message}`)
}

async function readAtMost(request: Request, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > most) throw tooLarge(tooManyBytes(most))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw invalidRequest('The body is not JSON')
  }
}
