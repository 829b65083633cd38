/**
 * What is answered while the platform starts: people get a page that waits and goes on by itself, programs get JSON. The
 * page asks and reloads, and does not use `refresh`, which does nothing on an address with a `#`.
 */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Starting · Persona Platform</title>
<style>
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center; padding: 1.5rem;
    font: 1rem/1.5 system-ui, sans-serif }
  h1 { font-size: 1.25rem; margin: 0 }
  p { margin: .25rem 0 0 }
</style>
<main role="status">
  <h1>Persona Platform is starting</h1>
  <p>This takes a few seconds. The page continues by itself.</p>
</main>
<script>
  setInterval(async () => {
    const answer = await fetch(location.pathname, { cache: 'no-store' }).catch(() => null)
    if (answer && answer.status !== 503) location.reload()
  }, 500)
</script>
</html>
`
const headers = { 'retry-after': '1', 'cache-control': 'no-store' }

export function startingResponse(request: Request): Response {
  const isPage = request.method === 'GET' && request.headers.get('accept')?.includes('text/html')
  if (isPage)
    return new Response(page, { status: 503, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } })
  return Response.json({ code: 'starting', message: 'The platform is starting' }, { status: 503, headers })
}
