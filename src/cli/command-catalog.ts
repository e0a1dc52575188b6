/** Providers, models and prices as a server on this machine would have them, for commands that start none. */
import { buildCatalog, type Catalog } from '../catalog.ts'
import type { ModelStanding } from '../commands/check.ts'
import type { Config } from '../config.ts'
import { readPriceTable } from '../platform/node/price-table-file.ts'
import { providersOf } from '../platform/node/providers-of.ts'
import { readIfThere } from '../platform/node/read-if-there.ts'
import { UndiciTransport } from '../platform/node/undici-transport.ts'

/** Where models lead and what they cost. Nothing is connected to. */
export async function commandCatalog(config: Config, environment: NodeJS.ProcessEnv): Promise<Catalog> {
  const providers = await providersOf(config, environment, () => {})
  const network = new UndiciTransport()
  const priceTable = readPriceTable(config.data)
  return buildCatalog({
    config,
    providers,
    network,
    environment,
    readFile: readIfThere,
    sandboxOnly: false,
    priceTable,
    now: Date.now,
  })
}

/** For `check`: whether configuration or a model server lists what a policy names, and only one of them. */
export async function confirmModel(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<(name: string) => ModelStanding> {
  const { registry } = await commandCatalog(config, environment)
  return (name) => {
    // `provider/*` stands for whatever is asked of that provider.
    if (name.endsWith('/*')) return registry.providers.has(name.slice(0, -2)) ? 'known' : 'unknown'
    const listedBy = registry.listedBy(name)
    if (listedBy.length > 1) return { listedBy }
    const target = registry.lookup(name)
    return target !== undefined && registry.confirms(target) ? 'known' : 'unknown'
  }
}
