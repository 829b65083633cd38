/**
 * Supabase Storage, used with the secret key. The same content has the same path, so a repeated upload changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import { backoffMs } from '../engine/backoff.ts'

const TRIES = 4
const BACKOFF = { first: 250, most: 4_000 }

export interface FileStore {
  upload(bucket: string, path: string, data: Buffer, contentType: string): Promise<void>
  download(bucket: string, path: string): Promise<Buffer>
}

export function openFileStore(supabaseUrl: string, secretKey: string): FileStore {
  const { storage } = createClient(supabaseUrl, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  })
  return {
    upload: (bucket, path, data, contentType) =>
      several(async () => {
        const { error } = await storage.from(bucket).upload(path, data, { contentType, upsert: true })
        if (error) throw error
      }),
    download: (bucket, path) =>
      several(async () => {
        const { data, error } = await storage.from(bucket).download(path)
        if (error) throw error
        return Buffer.from(await data.arrayBuffer())
      }),
  }
}

async function several<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt + 1 >= TRIES) throw error
      await sleep(backoffMs(attempt, BACKOFF))
    }
  }
}
