/** trimtab on Cloudflare Workers: configured by bindings, its ledger and health in memory for as long as the isolate lives. */
import type { ExecutionContext, Hono } from 'hono'
import { assemble } from './assemble.ts'
import { MemoryExactStore } from './cache/memory-exact-store.ts'
import { buildCatalog } from './catalog.ts'
import { configProblemLine } from './config/config-problems.ts'
import { type Config, parseConfig } from './config.ts'
import { Failure } from './errors.ts'
import { failureResponse } from './http/failure-response.ts'
import type { Notice } from './http/health.ts'
import { openWebExchange, type WebBindings } from './http/web-exchange.ts'
import { Metrics } from './metering/metrics.ts'
import { TokenRatios } from './metering/token-ratios.ts'
import { type Bindings, readBindings } from './platform/workers/bindings.ts'
import { readBoundKeys } from './platform/workers/bound-keys.ts'
import { digestsOf, sha256 } from './platform/workers/digest.ts'
import { FetchTransport } from './platform/workers/fetch-transport.ts'
import { BUILT_IN_POLICY } from './policy/policy-set.ts'
import { PolicySource } from './policy/policy-source.ts'
import { problemLine } from './policy/problem.ts'
import { discoverProviders } from './providers/discovery.ts'
import type { ProviderSettings } from './providers/settings.ts'
import { MemoryKeyStore } from './storage/memory-key-store.ts'
import { MemoryLedger } from './storage/memory-ledger.ts'
import { MemoryMadeIds } from './storage/memory-made-ids.ts'

export default createWorker()

/** Of remembered answers, in an isolate that has 128 MB. */
const CACHE_BYTES = 16 * 1024 * 1024

type Started = { kind: 'app'; app: Hono } | { kind: 'refused' }

function createWorker() {
  let started: Started | undefined
  return {
    async fetch(
      request: Request,
      bound: Readonly<Record<string, unknown>>,
      context: Pick<ExecutionContext, 'waitUntil'>,
    ): Promise<Response> {
      // No promise is shared: what one request began, the runtime may end with that request.
      const mine = started ?? (await start(readBindings(bound)))
      started ??= mine
      if (started.kind === 'refused') return failureResponse(refusedToStart())
      const environment: WebBindings = { defer: (work) => context.waitUntil(work) }
      const answer = Promise.resolve(started.app.fetch(request, environment))
      // A caller that leaves must not end what others wait for, such as a provider's list of models.
      context.waitUntil(answer)
      return answer
    },
  }
}

/** Never rejects: what is wrong is in the log, once an isolate. */
async function start(bindings: Bindings): Promise<Started> {
  try {
    return { kind: 'app', app: await startApp(bindings) }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return { kind: 'refused' }
  }
}

/** @throws Error with a sentence a line */
async function startApp(bindings: Bindings): Promise<Hono> {
  const notes: Notice[] = []
  const config = readConfig(bindings, (line) => {
    notes.push({ message: line })
    console.warn(line)
  })
  const network = new FetchTransport()
  const tell = (note: string): void => {
    notes.push({ message: note })
    console.warn(note)
  }
  const providers = await providersOf(config, bindings, tell)
  checkCredentials(providers, bindings)
  for (const { name, metrics } of providers)
    if (metrics?.isAsked === true)
      tell(`\`providers.${name}.metrics\`: a Worker asks no replica for its own.`)
  if (config.traces !== undefined) tell('`traces`: a Worker sends no spans in this release.')
  const catalog = buildCatalog({
    config,
    providers,
    network,
    environment: bindings.environment,
    readFile: boundFile,
    sandboxOnly: false,
    now: Date.now,
  })
  const ledger = new MemoryLedger()
  const { app } = assemble(
    { config, catalog: () => catalog, notices: () => ({ problems: [], warnings: notes }) },
    {
      network,
      ledger,
      reader: ledger,
      tokenRatios: new TokenRatios(),
      tokenCounter: undefined,
      keys: await keysOf(bindings),
      madeIds: new MemoryMadeIds(),
      exactStore: new MemoryExactStore(CACHE_BYTES),
      semanticCache: () => undefined,
      classifier: () => undefined,
      knowledge: () => undefined,
      learning: () => undefined,
      policies: await policiesOf(bindings),
      openExchange: openWebExchange,
      adminKey: bindings.adminKey,
      sha256,
      now: Date.now,
      elapsedMs: () => performance.now(),
      random: Math.random,
      metrics: new Metrics(),
      observers: [],
      traces: false,
      warn: (message) => console.warn(message),
      failed: (error, requestId) => console.error(`Request ${requestId} failed inside trimtab:`, error),
    },
  )
  return app
}

function readConfig({ config: text, environment }: Bindings, warn: (line: string) => void): Config {
  const file = text === undefined ? undefined : { path: 'trimtab.yaml', text }
  const parsed = parseConfig({ file, environment, flags: {}, startsProcesses: false })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(configProblemLine).join('\n'))
  for (const warning of parsed.warnings) warn(configProblemLine(warning))
  return parsed.config
}

async function providersOf(
  config: Config,
  { environment }: Bindings,
  note: (text: string) => void,
): Promise<readonly ProviderSettings[]> {
  if (!config.discoverProviders) return config.providers
  const { listen, access } = config
  const nothingLocal = async (): Promise<undefined> => undefined
  const found = await discoverProviders({ environment, listen, accessMode: access.mode, probe: nothingLocal })
  found.notes.forEach(note)
  return found.providers
}

/** A Worker has no files: the variable that names one elsewhere holds its text. */
async function boundFile(text: string): Promise<string | undefined> {
  return text.startsWith('{') ? text : undefined
}

/** @throws Error with a sentence. Elsewhere a machine may have an identity of its own; a Worker has none. */
function checkCredentials(providers: readonly ProviderSettings[], { environment }: Bindings): void {
  const needed = { google: 'GOOGLE_APPLICATION_CREDENTIALS', entra: 'AZURE_CLIENT_SECRET' }
  for (const { name, accounts } of providers) {
    for (const { key } of accounts) {
      if (key !== 'google' && key !== 'entra') continue
      const variable = needed[key]
      if (environment[variable]) continue
      const what = key === 'google' ? "the text of the key file's JSON" : "the application's secret"
      throw new Error(`\`providers.${name}.credentials\`: a Worker needs ${variable} bound to ${what}.`)
    }
  }
}

async function keysOf({ keys: text }: Bindings): Promise<MemoryKeyStore> {
  const store = new MemoryKeyStore()
  for (const record of await readBoundKeys(text, sha256, Date.now())) await store.create(record)
  return store
}

/** Policies come with a deployment and change with the next one, so they are read once. */
async function policiesOf({ policies: files }: Bindings): Promise<PolicySource> {
  const digestOf = await digestsOf([BUILT_IN_POLICY, ...files].map(({ text }) => text))
  const policies = new PolicySource(digestOf)
  for (const problem of policies.reload(files).problems) console.warn(problemLine(problem))
  return policies
}

function refusedToStart(): Failure {
  return new Failure(
    'internal',
    "trimtab could not start: the Worker's log says what is wrong with its bindings.",
    {
      worthRetrying: false,
    },
  )
}
