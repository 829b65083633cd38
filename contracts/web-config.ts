/** `/config.json`: what the web app reads from its own origin when it starts. Public, holds no secret. */
import { z } from 'zod'

export const WebConfig = z.object({
  /** Where the API is; null when it is on the web app's own origin. */
  supabase_url: z.url().nullable(),
  publishable_key: z.string().min(1),
  /** What answers when a workspace has no provider of its own. */
  model: z.object({ name: z.string(), is_demo: z.boolean() }),
  /** What stands behind the sandbox, e.g. "bubblewrap"; null when there is none. */
  sandbox: z.string().nullable(),
  /** True where the demo accounts exist: the sign-in page then offers them. */
  demo_accounts: z.boolean(),
})
export type WebConfig = z.infer<typeof WebConfig>
