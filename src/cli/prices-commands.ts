/** The commands about what models cost: `prices` and what is below it. */
import { REMOTE_DATA_JSON_URL } from '@pydantic/genai-prices'
import type { Command } from 'commander'
import { pricesCommand } from '../commands/prices.ts'
import { updatePrices } from '../commands/prices-update.ts'
import { type RepriceOptions, repriceCommand } from '../commands/reprice.ts'
import { priceUsage } from '../metering/meter.ts'
import { shippedPriceTable } from '../metering/price-table.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { keepPriceTable, readPriceTable, readSource } from '../platform/node/price-table-file.ts'
import { repriceLedger } from '../platform/node/reprice-ledger.ts'
import { sha256 } from '../platform/node/sha256.ts'
import type { PriceAttempt } from '../storage/reprice.ts'
import { commandCatalog } from './command-catalog.ts'
import { output, run, withPlace } from './command-line.ts'

type PricesFlags = ConfigFlags & { json?: boolean }

export function addPricesCommands(program: Command): void {
  const prices = withPlace(
    program.command('prices [model]').description('tell what models cost, and from where'),
  )
    .option('--json', 'print JSON')
    .action((model: string | undefined, flags: PricesFlags) => run(() => pricesHere(model, flags)))
  withPlace(prices.command('update').description('fetch the newest public price table'))
    .option('--from <address>', 'an address or a file with the table', REMOTE_DATA_JSON_URL)
    .option('--json', 'print JSON')
    .action((_: unknown, command: Command) => run(() => updateHere(command.optsWithGlobals())))
  withPlace(prices.command('reprice').description('price the ledger again; the old prices are kept'))
    .option('--since <when>', '24h, 7d or a date', '7d')
    .option('--until <when>', 'a duration ago or a date; default: now')
    .option('--json', 'print JSON')
    .action((_: unknown, command: Command) => run(() => repriceHere(command.optsWithGlobals())))
}

async function pricesHere(model: string | undefined, flags: PricesFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const { registry, pricer } = await commandCatalog(config, process.env)
  const overridden = Object.keys(config.priceOverrides)
  return pricesCommand(model, flags, { registry, pricer, overridden, now: Date.now() }, output)
}

async function updateHere(flags: PricesFlags & { from: string }): Promise<number> {
  const { config } = readConfig(flags, process.env)
  return updatePrices(
    flags,
    {
      source: flags.from,
      read: readSource,
      keep: (text) => keepPriceTable(config.data, text),
      current: readPriceTable(config.data) ?? shippedPriceTable(),
      sha256,
      now: Date.now(),
    },
    output,
  )
}

async function repriceHere(flags: ConfigFlags & RepriceOptions): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const { registry, pricer } = await commandCatalog(config, process.env)
  const now = Date.now()
  const priceAttempt: PriceAttempt = ({ provider, model, at, tokens, terms }) => {
    const { priceProvider } = registry.providers.get(provider) ?? {}
    const subject = { provider, priceProvider, model, at }
    const { costNanoUsd, priceVersion, baselineNanoUsd } = priceUsage(pricer, subject, {
      tokens,
      ...(terms === undefined ? {} : { terms }),
    })
    if (costNanoUsd === undefined || priceVersion === undefined) return undefined
    return { costNanoUsd, priceVersion, baselineNanoUsd }
  }
  const reprice = (span: { since: number; until: number }) =>
    repriceLedger(config.data, span, priceAttempt, now)
  return repriceCommand(flags, { now, reprice }, output)
}
