/** The edge function `webhooks`. */
import { configFrom } from '../_shared/config.ts'
import { createApp } from './app.ts'

Deno.serve(createApp(configFrom(Deno.env.toObject())).fetch)
