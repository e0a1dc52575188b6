/** Where models lead and what they cost, as the configuration in force says. */
import type { Config } from './config.ts'
import { createPricer, type Pricer } from './metering/price.ts'
import type { PriceTable } from './metering/price-table.ts'
import type { HourlyCosts } from './metering/standing-cost.ts'
import { buildRegistry, type Registry } from './providers/registry.ts'
import { createSandbox } from './providers/sandbox.ts'
import type { ProviderSettings } from './providers/settings.ts'
import { cloudToken, type TokenSurroundings } from './providers/tokens/token-surroundings.ts'
import type { Transport } from './providers/transport.ts'

/** Replaced as a whole when configuration changes. */
export interface Catalog {
  registry: Registry
  pricer: Pricer
  /** Of the whole installation. */
  budgets: Config['budgets']
  /** What its providers cost that cost by the hour. */
  hourly: HourlyCosts
}

export interface CatalogParts {
  config: Config
  /** Configured, or discovered where none is. */
  providers: readonly ProviderSettings[]
  network: Transport
  /** How providers are reached whose servers trimtab starts; undefined where none is started. */
  commands?: ((provider: string) => Transport) | undefined
  /** What clouds' tokens are made of. */
  environment: TokenSurroundings['environment']
  readFile: TokenSurroundings['readFile']
  sandboxOnly: boolean
  /** Undefined: the one that ships. */
  priceTable?: PriceTable | undefined
  now(): number
}

export function buildCatalog(parts: CatalogParts): Catalog {
  const { config, providers, network, commands, sandboxOnly, now } = parts
  const around = { network, environment: parts.environment, readFile: parts.readFile, now }
  const tokens = { google: cloudToken('google', around), entra: cloudToken('entra', around) }
  const registry = buildRegistry({
    providers,
    aliases: config.aliases,
    defaultProvider: config.defaultProvider,
    network,
    commands,
    tokenOf: (cloud) => tokens[cloud],
    sandbox: createSandbox({ now }),
    sandboxOnly,
    now,
  })
  const hourly: HourlyCosts = sandboxOnly ? new Map() : hourlyCosts(providers)
  const free = [...registry.providers.values()].filter((provider) => provider.free)
  const pricer = createPricer({
    overrides: config.priceOverrides,
    free: free.map(({ name }) => name),
    serviceTiers: config.serviceTiers,
    table: parts.priceTable,
    hourly,
    now: now(),
  })
  return { registry, pricer, budgets: config.budgets, hourly }
}

/** Of providers that cost by the hour. */
function hourlyCosts(providers: readonly ProviderSettings[]): HourlyCosts {
  return new Map(
    providers.flatMap(({ name, usdPerHour, baseUrls }) =>
      usdPerHour === undefined
        ? []
        : [[name, { replicas: baseUrls.length, nanoUsdPerHour: Math.round(usdPerHour * 1e9) }] as const],
    ),
  )
}
