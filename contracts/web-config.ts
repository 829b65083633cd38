/** `/config.json`: the web app reads it from its own origin when it starts. It is public and contains no secret. */
import { z } from 'zod'

export const WebConfig = z.object({
  /** The address of the API; null if it is on the web app's own origin. */
  supabase_url: z.url().nullable(),
  publishable_key: z.string().min(1),
  /** The model that answers if a workspace has no provider of its own. */
  model: z.object({ name: z.string(), is_demo: z.boolean() }),
  /** The driver of the sandbox, e.g. "bubblewrap"; null if there is none. */
  sandbox: z.string().nullable(),
  /** True if Auth has no mail server: its mails (links to sign in, new passwords) stay in a folder of this installation. */
  keeps_auth_mail: z.boolean().default(false),
  /** True if the demo accounts exist; the sign-in page then offers them. */
  demo_accounts: z.boolean(),
})
export type WebConfig = z.infer<typeof WebConfig>
