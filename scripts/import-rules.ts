/**
 * Who may import whom. This is the only list: `npm run check:imports` fails on every other import and on every circle
 * of files, and `docs/architecture.md` draws its diagrams and its table from it.
 *
 * How to read it: a file belongs to the entry with the longest `folder` that contains it. It may import files of the
 * same folder, and files anywhere below a folder named in `may`. `*` stands for one folder name, and every match is a
 * folder of its own. Imports of types count as well, and so do components and composables that Nuxt imports by itself.
 */
export interface Folder {
  /** Path from the root of the repository. */
  folder: string
  /** What the folder contains, in a few words. `docs/architecture.md` shows it. */
  what: string
  may: string[]
}

export const folders: Folder[] = [
  {
    folder: 'contracts',
    what: 'zod schemas and types that the rooms agree on',
    may: [],
  },
  {
    folder: 'sdk',
    what: 'the typed client of the API, of Realtime and of webhooks',
    may: ['contracts'],
  },

  {
    folder: 'nuxt-app',
    what: 'the web app: reads tables under RLS, follows Realtime, sends commands to `functions/`',
    may: ['contracts', 'sdk'],
  },
  {
    folder: 'nuxt-app/app',
    what: 'pages, layouts and middleware, which only compose',
    may: ['contracts', 'sdk', 'nuxt-app/app'],
  },
  { folder: 'nuxt-app/app/common', what: 'what every feature shares', may: ['contracts', 'sdk'] },
  {
    folder: 'nuxt-app/app/features',
    what: 'one folder per feature: its components, composables and queries',
    may: ['contracts', 'sdk', 'nuxt-app/app/common'],
  },
  {
    folder: 'nuxt-app/app/shell',
    what: 'the frame around every page',
    may: ['contracts', 'sdk', 'nuxt-app/app/common', 'nuxt-app/app/features'],
  },

  {
    folder: 'functions',
    what: 'the HTTP API as edge functions: validate, authorise, one call, answer',
    may: [],
  },
  { folder: 'functions/_shared', what: 'what every function needs: settings, refusals', may: ['contracts'] },
  {
    folder: 'functions/_shared/data',
    what: 'reading and calling the database',
    may: ['contracts', 'functions/_shared/config.ts', 'functions/_shared/problem.ts'],
  },
  {
    folder: 'functions/_shared/http',
    what: 'requests and answers',
    may: ['contracts', 'functions/_shared/config.ts', 'functions/_shared/problem.ts', 'functions/_shared/data'],
  },
  {
    folder: 'functions/_shared/access',
    what: 'who sends a request, and what they may do',
    may: [
      'contracts',
      'functions/_shared/config.ts',
      'functions/_shared/problem.ts',
      'functions/_shared/data',
      'functions/_shared/http',
    ],
  },
  {
    folder: 'functions/commands',
    what: 'commands that several functions share',
    may: ['contracts', 'functions/_shared'],
  },
  {
    folder: 'functions/api',
    what: 'the API of the web app and of scripts',
    may: ['contracts', 'functions/_shared', 'functions/commands'],
  },
  {
    folder: 'functions/webhooks',
    what: 'the address that other systems send events to',
    may: ['contracts', 'functions/_shared', 'functions/commands'],
  },

  { folder: 'supabase', what: 'the database: tables, policies and the state machine in SQL', may: [] },
  { folder: 'supabase/connection', what: 'opens a PostgreSQL, and reads its values', may: ['contracts'] },
  {
    folder: 'supabase/embedded',
    what: 'the Supabase services in one process, behind one port',
    may: ['contracts', 'supabase'],
  },
  {
    folder: 'supabase/embedded/database',
    what: 'PGlite or a PostgreSQL, in the forms that the services need',
    may: ['contracts', 'supabase/connection', 'supabase/embedded/limits'],
  },
  { folder: 'supabase/embedded/identity', what: 'keys, tokens, and who sends a request', may: ['contracts'] },
  { folder: 'supabase/embedded/auth', what: 'Auth', may: ['contracts', 'supabase/embedded/identity'] },
  { folder: 'supabase/embedded/limits', what: 'limits of one request', may: [] },
  {
    folder: 'supabase/embedded/storage',
    what: 'Storage',
    may: ['contracts', 'supabase/embedded/identity', 'supabase/embedded/limits'],
  },
  { folder: 'supabase/embedded/realtime', what: 'Realtime', may: ['contracts'] },
  {
    folder: 'supabase/embedded/functions',
    what: 'runs `functions/` on Deno',
    may: ['contracts', 'supabase/embedded/identity'],
  },
  {
    folder: 'supabase/embedded/gateway',
    what: 'one address for all services and the web app',
    may: [
      'contracts',
      'supabase/embedded/identity',
      'supabase/embedded/limits',
      'supabase/embedded/storage',
      'supabase/embedded/realtime',
      'supabase/embedded/functions',
    ],
  },

  {
    folder: 'executor',
    what: 'the Node worker: loops over queues, the agent graph, model calls, sandboxes',
    may: ['contracts', 'tools', 'supabase/connection', 'executor'],
  },
  { folder: 'executor/platform', what: 'the SQL functions as typed verbs', may: ['contracts'] },
  {
    folder: 'executor/engine',
    what: 'how jobs run: loop, leases, drain, crash points, health',
    may: ['contracts', 'executor/failures.ts', 'executor/platform'],
  },
  {
    folder: 'executor/outgoing',
    what: 'the one HTTP client for addresses that tenants name',
    may: ['contracts'],
  },
  {
    folder: 'executor/runs/model',
    what: 'one call of a model',
    may: ['contracts', 'executor/failures.ts', 'executor/platform', 'executor/engine', 'executor/outgoing'],
  },
  {
    folder: 'executor/runs/graph',
    what: 'the agent graph: one segment',
    may: ['contracts', 'executor/failures.ts', 'executor/platform', 'executor/engine', 'executor/runs/model'],
  },
  {
    folder: 'executor/runs',
    what: 'one run, segment by segment, from claim to commit',
    may: [
      'contracts',
      'executor/failures.ts',
      'executor/platform',
      'executor/engine',
      'executor/runs/model',
      'executor/runs/graph',
      'executor/runs/handover',
    ],
  },
  {
    folder: 'executor/runs/handover',
    what: 'passes work between database and worker, in a plain way and in a fast way',
    may: [
      'contracts',
      'executor/failures.ts',
      'executor/platform',
      'executor/engine',
      'executor/runs/model',
      'executor/runs/graph',
    ],
  },
  { folder: 'executor/sandbox/launchers', what: 'Docker, bubblewrap, namespaces', may: ['contracts'] },
  { folder: 'executor/sandbox/egress', what: 'the one door to the network', may: ['contracts', 'executor/outgoing'] },
  {
    folder: 'executor/sandbox',
    what: 'one sandbox for each persona',
    may: [
      'contracts',
      'executor/failures.ts',
      'executor/package.json',
      'executor/sandbox/launchers',
      'executor/sandbox/egress',
      'tools/runner',
      'tools/kit/printer.ts',
      'tools/kit/truncate.ts',
    ],
  },
  {
    folder: 'executor/tools',
    what: 'one tool call, through the effect ledger',
    may: ['contracts', 'executor/failures.ts', 'executor/platform', 'executor/engine', 'executor/sandbox', 'tools'],
  },
  {
    folder: 'executor/jobs',
    what: 'schedules, webhooks, questions by mail, tests of providers, sweep, audit chain',
    may: [
      'contracts',
      'executor/failures.ts',
      'executor/platform',
      'executor/engine',
      'executor/outgoing',
      'executor/runs/model',
    ],
  },

  {
    folder: 'tools',
    what: 'what a persona can do: one folder for each group, one file for each tool',
    may: ['contracts', 'tools'],
  },
  { folder: 'tools/*', what: 'one group of tools', may: ['contracts', 'tools/kit'] },
  { folder: 'tools/kit', what: 'what the tools share', may: ['contracts'] },
  { folder: 'tools/runner', what: 'runs tools inside a sandbox', may: ['contracts', 'tools/kit', 'tools/registry.ts'] },

  {
    folder: 'demo-model',
    what: 'the scripted model of the first look and of the tests',
    may: ['contracts'],
  },
  {
    folder: 'scripts',
    what: 'start, status, migrate, checks; they may import every other room',
    may: ['contracts', 'sdk', 'functions', 'supabase', 'executor', 'tools', 'demo-model'],
  },
  {
    folder: 'bench',
    what: 'benchmarks, and the references that they compare with',
    may: [
      'contracts',
      'sdk',
      'supabase',
      'executor',
      'tools',
      'demo-model',
      'scripts',
      'supabase/embedded/testing',
      'tests/support',
    ],
  },
  {
    folder: 'tests',
    what: 'tests that cross rooms; unit tests are beside their file',
    may: [
      'contracts',
      'sdk',
      'functions',
      'supabase',
      'executor',
      'tools',
      'demo-model',
      'scripts',
      'bench',
      'nuxt-app',
    ],
  },
]

/**
 * Test code may import everything, because it tests rooms together. Only test code and `bench` may import test code.
 * `*` stands for any part of a name, `**` for any folders.
 */
export const testCode = [
  'tests/**',
  '**/*.test.ts',
  '**/*.suite.ts',
  '**/*.fixture.ts',
  '**/testing/**',
  '**/fixtures/**',
]

/** Other beginnings of import paths, besides `.` and the names of the npm workspaces. */
export const aliases: Record<string, string> = {
  '#contracts': 'contracts',
  '#sdk': 'sdk',
  '~': 'nuxt-app/app',
  '@': 'nuxt-app/app',
  '~~': 'nuxt-app',
}
