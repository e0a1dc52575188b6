/** `prices`: what the file says that models cost. */
import type { PriceOverride } from '../metering/price-row.ts'
import type { ServiceTiers } from '../metering/service-tiers.ts'
import type { Path } from '../policy/yaml-text.ts'
import type { PriceContent } from './schema.ts'

/** By `provider/model`, or `provider/*`. */
export function priceOverrides(
  written: Readonly<Record<string, PriceContent>>,
  refuse: (path: Path, message: string) => void,
): Readonly<Record<string, PriceOverride>> {
  for (const name of Object.keys(written)) {
    if (/^[^/*]+\/(\*|[^*]+)$/.test(name)) continue
    refuse(
      ['prices', 'overrides', name],
      'must be named `provider/model`, or `provider/*` for all its models',
    )
  }
  return Object.fromEntries(
    Object.entries(written).map(([model, prices]) => [model, stated(prices)] as const),
  )
}

/** Providers spell their tiers in either case. */
export function serviceTiers(written: Readonly<Record<string, number | undefined>>): ServiceTiers {
  return Object.fromEntries(
    Object.entries(stated(written)).map(([tier, factor]) => [tier.toLowerCase(), factor]),
  )
}

function stated(numbers: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== undefined),
  )
}
