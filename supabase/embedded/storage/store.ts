/** Keeps the row and the file of an object consistent: it writes rows with the caller's rights, and removes files without a row. */
import type { DatabaseHandle, Query } from '../../../contracts/database-handle.ts'
import { asIdentity, type Identity } from '../identity/identity.ts'
import { type Bucket, getBucket } from './buckets.ts'
import { objectNotFound, StorageError } from './errors.ts'
import type { Files, SavedFile } from './files.ts'
import {
  assertName,
  deleteObjects,
  findObject,
  insertObject,
  metadataOf,
  moveObject,
  type NewObject,
  type StoredObject,
} from './objects.ts'
import type { Upload } from './upload.ts'

/** Bytes. A bucket may set a lower limit. */
export const MAX_OBJECT_BYTES = 50 * 1024 * 1024

export interface Place {
  bucket: string
  name: string
}

class RolledBack extends Error {}

export class ObjectStore {
  readonly #database: DatabaseHandle
  readonly #files: Files

  constructor(database: DatabaseHandle, files: Files) {
    this.#database = database
    this.#files = files
  }

  as<T>(caller: Identity, work: (query: Query) => Promise<T>): Promise<T> {
    return asIdentity(this.#database, caller, work)
  }

  /** Checks RLS before it reads any byte: it writes the row and rolls back. */
  async assertMayUpload(caller: Identity, place: Place, upsert: boolean): Promise<void> {
    assertName(place.name)
    await getBucket(this.#database.query, place.bucket)
    const trial = newObject(caller, place, { version: 'trial', size: 0, eTag: '' }, {})
    try {
      await this.as(caller, async (query) => {
        await insertObject(query, trial, upsert)
        throw new RolledBack()
      })
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error
    }
  }

  async upload(caller: Identity, place: Place, upload: Upload, upsert: boolean): Promise<StoredObject> {
    assertName(place.name)
    const bucket = await getBucket(this.#database.query, place.bucket)
    assertType(bucket, upload.mimetype)
    const saved = await this.#files.save(upload.body, Math.min(bucket.file_size_limit ?? Infinity, MAX_OBJECT_BYTES))
    return this.#record(caller, newObject(caller, place, saved, upload), upsert)
  }

  async copy(caller: Identity, from: Place, to: Place, upsert: boolean): Promise<StoredObject> {
    await this.assertMayUpload(caller, to, upsert)
    const source = await this.as(caller, (query) => findObject(query, from.bucket, from.name))
    const saved = await this.#files.copy(source.version, MAX_OBJECT_BYTES)
    const object = newObject(caller, to, saved, { ...source.metadata, userMetadata: source.user_metadata ?? undefined })
    return this.#record(caller, object, upsert)
  }

  async move(caller: Identity, from: Place, to: Place): Promise<void> {
    assertName(to.name)
    await this.as(caller, async (query) => {
      const source = await findObject(query, from.bucket, from.name)
      await moveObject(query, source, to.bucket, to.name)
    })
  }

  async remove(caller: Identity, bucket: string, names: string[]): Promise<StoredObject[]> {
    const removed = await this.as(caller, (query) => deleteObjects(query, bucket, names))
    await this.#removeFiles(removed)
    return removed
  }

  async empty(caller: Identity, bucket: string): Promise<void> {
    const removed = await this.as(caller, async (query) => {
      await getBucket(query, bucket)
      return query<StoredObject>('delete from storage.objects where bucket_id = $1 returning version', [bucket])
    })
    await this.#removeFiles(removed)
  }

  /** Reads without RLS, for public buckets and signed links. */
  async findGranted({ bucket, name }: Place): Promise<StoredObject> {
    return this.#withFile(await findObject(this.#database.query, bucket, name))
  }

  async find(caller: Identity, { bucket, name }: Place): Promise<StoredObject> {
    return this.#withFile(await this.as(caller, (query) => findObject(query, bucket, name)))
  }

  async isPublic(bucket: string): Promise<boolean> {
    return (await getBucket(this.#database.query, bucket)).public
  }

  async #withFile(object: StoredObject): Promise<StoredObject> {
    if (!(await this.#files.exists(object.version))) throw objectNotFound()
    return object
  }

  /** Writes the row of a saved file with the caller's rights, and removes the file that it replaces. */
  async #record(caller: Identity, object: NewObject, upsert: boolean): Promise<StoredObject> {
    const { query } = this.#database
    const old = await query<StoredObject>('select version from storage.objects where bucket_id = $1 and name = $2', [
      object.bucket,
      object.name,
    ])
    try {
      await this.as(caller, (asCaller) => insertObject(asCaller, object, upsert))
    } catch (error) {
      await this.#files.remove(object.version)
      throw error
    }
    await this.#removeFiles(old)
    return findObject(query, object.bucket, object.name)
  }

  async #removeFiles(objects: Pick<StoredObject, 'version'>[]): Promise<void> {
    await Promise.all(objects.map((object) => this.#files.remove(object.version)))
  }
}

function newObject(
  caller: Identity,
  place: Place,
  file: SavedFile,
  { mimetype = 'application/octet-stream', cacheControl = 'no-cache', userMetadata }: Partial<Omit<Upload, 'body'>>,
): NewObject {
  const metadata = metadataOf(file, mimetype, cacheControl)
  return { ...place, owner: caller.claims.sub, version: file.version, metadata, userMetadata }
}

function assertType({ allowed_mime_types: allowed }: Bucket, mimetype: string) {
  const type = mimetype.split(';')[0]?.trim() ?? ''
  const fits = (pattern: string) => (pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern)
  if (allowed?.length && !allowed.some(fits))
    throw new StorageError(415, 'InvalidMimeType', `mime type ${type} is not supported`)
}
