/** Protects: that the web app of a container has the same content security policy as the embedded one. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const here = import.meta.dirname

test('the template gets the policy of the built page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'container-'))
  try {
    const [page, template] = [join(folder, '200.html'), join(folder, 'nginx.conf.template')]
    writeFileSync(page, '<script>window.a = "$&"</script><script src="/x.js"></script>')
    copyFileSync(join(here, '../nginx.conf.template'), template)
    execFileSync(process.execPath, [join(here, 'write-policy.ts'), page, template])
    const filled = readFileSync(template, 'utf8')
    const hash = createHash('sha256').update('window.a = "$&"').digest('base64')
    expect(filled).toContain(
      `add_header Content-Security-Policy "default-src 'self'; script-src 'self' 'sha256-${hash}';`,
    )
    // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx's own placeholders
    expect(filled).toContain("connect-src 'self' ${SUPABASE_URL} ${SUPABASE_WEBSOCKET_URL};")
    expect(filled).not.toContain('@content-security-policy@')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['https://supabase.example.com', 'wss://supabase.example.com'],
  ['http://localhost:8000', 'ws://localhost:8000'],
])('the WebSocket of %s is at %s', (url, expected) => {
  const script = `. '${join(here, 'websocket-url.envsh')}'; printf %s "$SUPABASE_WEBSOCKET_URL"`
  expect(execFileSync('sh', ['-c', script], { env: { SUPABASE_URL: url } }).toString()).toBe(expected)
})
