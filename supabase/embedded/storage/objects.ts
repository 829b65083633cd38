/** Rows of storage.objects. Every statement here runs with the caller's rights, so RLS decides. */
import type { Query } from '../../../contracts/database-handle.ts'
import { objectNotFound, StorageError } from './errors.ts'
import type { SavedFile } from './files.ts'

export interface ObjectMetadata {
  eTag: string
  size: number
  mimetype: string
  cacheControl: string
  lastModified: string
  contentLength: number
  httpStatusCode: number
}
export interface StoredObject {
  id: string
  bucket_id: string
  name: string
  version: string
  metadata: ObjectMetadata
  user_metadata: Record<string, unknown> | null
  created_at: Date
  updated_at: Date
}
export interface NewObject {
  bucket: string
  name: string
  owner: string | undefined
  version: string
  metadata: ObjectMetadata
  userMetadata: Record<string, unknown> | undefined
}

const columns =
  'id, bucket_id, name, version, owner_id, metadata, user_metadata, created_at, updated_at, last_accessed_at'
const MAX_NAME_LENGTH = 1024

/** Names are paths that clients choose. Files do not have these names, but links and listings must be unambiguous. */
export function assertName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
  const bad = /[\x00-\x1f\x7f]/.test(name) || name.split('/').some((part) => ['', '.', '..'].includes(part))
  if (bad || name.length > MAX_NAME_LENGTH) throw new StorageError(400, 'InvalidKey', `Invalid key: ${name}`)
}

export const metadataOf = (file: SavedFile, mimetype: string, cacheControl: string): ObjectMetadata => ({
  eTag: file.eTag,
  size: file.size,
  mimetype,
  cacheControl,
  lastModified: new Date().toISOString(),
  contentLength: file.size,
  httpStatusCode: 200,
})

export async function findObject(query: Query, bucket: string, name: string): Promise<StoredObject> {
  const [object] = await query<StoredObject>(
    `select ${columns} from storage.objects where bucket_id = $1 and name = $2`,
    [bucket, name],
  )
  if (!object) throw objectNotFound()
  return object
}

export async function insertObject(query: Query, object: NewObject, upsert: boolean): Promise<void> {
  await query(
    `insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
     values ($1, $2, ($3::text)::uuid, $3::text, $4, $5, $6)
     ${upsert ? replace : ''}`,
    [object.bucket, object.name, object.owner ?? null, object.version, object.metadata, object.userMetadata ?? null],
  )
}
const replace = `on conflict (bucket_id, name) do update set owner = excluded.owner, owner_id = excluded.owner_id,
  version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata, updated_at = now()`

export async function moveObject(query: Query, from: StoredObject, bucket: string, name: string): Promise<void> {
  const rows = await query(
    'update storage.objects set bucket_id = $2, name = $3, updated_at = now() where id = $1 returning id',
    [from.id, bucket, name],
  )
  if (rows.length === 0) throw objectNotFound()
}

/** Deletes those of `names` that the caller may delete, and returns them. */
export const deleteObjects = (query: Query, bucket: string, names: string[]) =>
  query<StoredObject>(
    `delete from storage.objects where bucket_id = $1 and name = any ($2::text[]) returning ${columns}`,
    [bucket, names],
  )

export interface Listing {
  prefix: string
  limit: number
  offset: number
  search: string
  sortBy: { column: 'name' | 'created_at' | 'updated_at' | 'last_accessed_at'; order: 'asc' | 'desc' }
}

/** The files of a folder, and its subfolders as entries with `id` null. */
export function listObjects(query: Query, bucket: string, { prefix, limit, offset, search, sortBy }: Listing) {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  return query(
    `with below as (
       select *, substr(name, length($2) + 1) as rest from storage.objects
       where bucket_id = $1 and starts_with(name, $2)
     ), entries as (
       select rest as name, id, created_at, updated_at, last_accessed_at, metadata from below where rest not like '%/%'
       union all
       select distinct split_part(rest, '/', 1), null::uuid, null::timestamptz, null::timestamptz, null::timestamptz, null::jsonb
       from below where rest like '%/%'
     )
     select name, id, updated_at, created_at, last_accessed_at, metadata from entries
     where $3 = '' or strpos(lower(name), lower($3)) > 0
     order by ${sortBy.column} ${sortBy.order}, name limit $4 offset $5`,
    [bucket, folder, search, limit, offset],
  )
}
