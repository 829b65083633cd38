/**
 * Moves the stylesheets behind the loading page, which has its own few lines of style. In the head, they would keep it
 * unpainted until they are there. Scripts wait for them at both places.
 */
function paintBeforeStyles(html: string): string {
  const styles: string[] = []
  const rest = html.replace(/<link rel="stylesheet"[^>]*>/g, (link) => {
    styles.push(link)
    return ''
  })
  return rest.replace('</body>', `${styles.join('')}</body>`)
}

/** Nuxt writes down when a page was made. Nobody reads it, and without it the same sources give the same page. */
const withoutTime = (html: string) => html.replace(/(id="__NUXT_DATA__">\[\{"prerenderedAt":1[^[]*?\},)\d+,/, '$10,')

/**
 * Nuxt gives each `useAsyncData` a key that it makes from the path of the clone. Ours have keys of their own, and without
 * Nuxt's the same sources give the same files in every clone.
 */
const withoutInjectedKeys = {
  name: 'without-injected-keys',
  enforce: 'post' as const,
  transform: (code: string) => code.replace(/,\s*'\$[\w-]{10}' \/\* nuxt-injected \*\//g, ''),
}

/** A single-page app: built once, served as static files; what differs between installations stands in /config.json. */
export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  ssr: false,
  // `scripts/build-web.ts` names a build by its sources, so that the same sources give the same files
  ...(process.env.BUILD_ID ? { buildId: process.env.BUILD_ID } : {}),
  telemetry: false,
  devtools: { enabled: false },
  modules: ['@nuxt/ui'],
  // one feature, one folder: components and composables (use*.ts) are found by name wherever they lie
  components: ['~/features', '~/common', '~/shell'].map((path) => ({ path, pathPrefix: false, extensions: ['vue'] })),
  imports: { dirs: ['features/**/use*.ts', 'common/use*.ts'] },
  css: ['~/assets/css/main.css'],
  ui: { fonts: false },
  icon: {
    provider: 'none',
    fallbackToApi: false,
    serverBundle: { collections: ['lucide'] },
    clientBundle: {
      scan: { globInclude: ['app/**/*.vue', 'app/**/*.ts', '../node_modules/@nuxt/ui/dist/shared/*.mjs'] },
      sizeLimitKb: 512,
    },
  },
  colorMode: { preference: 'system', fallback: 'light' },
  app: {
    head: {
      htmlAttrs: { lang: 'en' },
      title: 'Persona Platform',
      titleTemplate: '%s · Persona Platform',
      meta: [
        { name: 'viewport', content: 'width=device-width, initial-scale=1' },
        { name: 'description', content: 'AI personas that do office work, on your own servers.' },
      ],
      // zod tries whether it may compile code at run time. It may not, and the browser would report the attempt.
      script: [{ innerHTML: 'globalThis.__zod_globalConfig = { jitless: true }' }],
      link: [{ rel: 'icon', type: 'image/svg+xml', href: '/favicon.svg' }],
    },
  },
  hooks: {
    // one page serves every path: the others need no file of their own
    'prerender:routes': ({ routes }) => routes.clear(),
    // after Nuxt's own plugins
    'vite:extendConfig': ({ plugins }) => void plugins?.push(withoutInjectedKeys),
    'nitro:init': ({ hooks }) => {
      hooks.hook('prerender:generate', (route: { fileName?: string; contents?: string }) => {
        if (!route.fileName?.endsWith('.html') || !route.contents) return
        route.contents = withoutTime(paintBeforeStyles(route.contents))
      })
    },
  },
  spaLoadingTemplate: 'spa-loading-template.html',
  // a page's code that cannot be loaded: the plugin `server` knows what to do
  // no file that says when the app was built: the plugin `server` notices another build
  experimental: { emitRouteChunkError: 'manual', appManifest: false },
  typescript: { strict: true, typeCheck: false },
  vite: { build: { chunkSizeWarningLimit: 1500 } },
})
