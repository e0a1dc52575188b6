/** The whole application on memory adapters and web standards, for `app.request()`. */
import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { assemble } from '../../src/assemble.ts'
import { MemoryExactStore } from '../../src/cache/memory-exact-store.ts'
import { buildCatalog } from '../../src/catalog.ts'
import { configProblemLine } from '../../src/config/config-problems.ts'
import { parseConfig } from '../../src/config.ts'
import type { Observer } from '../../src/gateway/observer.ts'
import { openWebExchange } from '../../src/http/web-exchange.ts'
import { Metrics } from '../../src/metering/metrics.ts'
import type { PromptWatch } from '../../src/metering/prefix/prompt-watch.ts'
import { TokenRatios } from '../../src/metering/token-ratios.ts'
import { FetchTransport } from '../../src/platform/workers/fetch-transport.ts'
import { PolicySource } from '../../src/policy/policy-source.ts'
import { MemoryKeyStore } from '../../src/storage/memory-key-store.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { MemoryMadeIds } from '../../src/storage/memory-made-ids.ts'

export interface InMemoryApp {
  app: Hono
  ledger: MemoryLedger
  keys: MemoryKeyStore
  /** What would be in the log. */
  warnings: readonly string[]
  drain(graceMs: number): Promise<void>
  keepWarm(): Promise<void>
}

export const ADMIN_KEY = 'the admin key of a test'

/** `config` is the text of `trimtab.yaml`; `policies` maps file names to texts. */
export function inMemoryApp(
  config: string,
  policies: Readonly<Record<string, string>> = {},
  options: {
    observers?: readonly Observer[]
    traces?: boolean
    /** Unix milliseconds; it is the clock that never jumps, too. */
    now?: () => number
    promptWatch?: PromptWatch
  } = {},
): InMemoryApp {
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: config }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(configProblemLine).join('\n'))
  const network = new FetchTransport()
  const { providers } = parsed.config
  const catalog = buildCatalog({
    config: parsed.config,
    providers,
    network,
    environment: {},
    readFile: async () => undefined,
    sandboxOnly: false,
    now: Date.now,
  })
  const ledger = new MemoryLedger()
  const keys = new MemoryKeyStore()
  const source = new PolicySource(sha256)
  source.reload(Object.entries(policies).map(([path, text]) => ({ path, text })))
  const warnings: string[] = []
  const { app, drain, keepWarm } = assemble(
    { config: parsed.config, catalog: () => catalog, notices: () => ({ problems: [], warnings: [] }) },
    {
      network,
      ledger,
      reader: ledger,
      tokenRatios: new TokenRatios(),
      tokenCounter: undefined,
      keys,
      madeIds: new MemoryMadeIds(),
      exactStore: new MemoryExactStore(1 << 20),
      semanticCache: () => undefined,
      classifier: () => undefined,
      knowledge: () => undefined,
      learning: () => undefined,
      policies: source,
      openExchange: openWebExchange,
      adminKey: ADMIN_KEY,
      sha256,
      now: options.now ?? Date.now,
      elapsedMs: options.now ?? (() => performance.now()),
      promptWatch: options.promptWatch,
      random: Math.random,
      metrics: new Metrics(),
      observers: options.observers ?? [],
      traces: options.traces ?? false,
      warn: (message) => warnings.push(message),
      failed: (error, requestId) => warnings.push(`Request ${requestId} failed inside trimtab: ${error}`),
    },
  )
  return { app, ledger, keys, warnings, drain, keepWarm }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
