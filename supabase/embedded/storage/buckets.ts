import type { Query } from '../../../contracts/database-handle.ts'
import { bucketNotFound } from './errors.ts'

export interface Bucket {
  id: string
  name: string
  public: boolean
  file_size_limit: number | null
  allowed_mime_types: string[] | null
}
export interface BucketSettings {
  public?: boolean
  file_size_limit?: number | null
  allowed_mime_types?: string[] | null
}

const columns = 'id, name, owner, public, file_size_limit, allowed_mime_types, created_at, updated_at'

export const listBuckets = (query: Query) => query<Bucket>(`select ${columns} from storage.buckets order by name`)

export async function getBucket(query: Query, id: string): Promise<Bucket> {
  const [bucket] = await query<Bucket>(`select ${columns} from storage.buckets where id = $1`, [id])
  if (!bucket) throw bucketNotFound()
  return bucket
}

export async function createBucket(query: Query, id: string, name: string, settings: BucketSettings, owner?: string) {
  await query(
    `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
     values ($1, $2, ($3::text)::uuid, $3::text, $4, $5, $6)`,
    [
      id,
      name,
      owner ?? null,
      settings.public ?? false,
      settings.file_size_limit ?? null,
      settings.allowed_mime_types ?? null,
    ],
  )
}

export async function updateBucket(query: Query, id: string, settings: BucketSettings) {
  const bucket = { ...(await getBucket(query, id)), ...settings }
  const rows = await query(
    `update storage.buckets set public = $2, file_size_limit = $3, allowed_mime_types = $4, updated_at = now()
     where id = $1 returning id`,
    [id, bucket.public, bucket.file_size_limit, bucket.allowed_mime_types],
  )
  if (rows.length === 0) throw bucketNotFound()
}

export async function deleteBucket(query: Query, id: string) {
  const rows = await query('delete from storage.buckets where id = $1 returning id', [id])
  if (rows.length === 0) throw bucketNotFound()
}
