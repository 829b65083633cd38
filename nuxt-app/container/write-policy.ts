/**
 * `node write-policy.ts <built page> <nginx template>`: puts the content security policy of the built page into the
 * template. nginx fills in the addresses of Supabase when the container starts.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { contentSecurityPolicy, inlineScripts } from '../../contracts/content-security-policy.ts'

const [page = '', template = ''] = process.argv.slice(2)
const hashes = inlineScripts(readFileSync(page, 'utf8')).map((text) =>
  createHash('sha256').update(text).digest('base64'),
)
// biome-ignore lint/suspicious/noTemplateCurlyInString: nginx's own placeholders
const policy = contentSecurityPolicy(hashes, ['${SUPABASE_URL}', '${SUPABASE_WEBSOCKET_URL}'])
writeFileSync(
  template,
  readFileSync(template, 'utf8').replace('@content-security-policy@', () => policy),
)
