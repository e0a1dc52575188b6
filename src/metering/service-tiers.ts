/** What a vendor's other service tiers cost, as a multiple of its list price. */

/** Stated by the vendors' own price pages; tiers that cost another multiple for each model, or by contract, are not here. */
const VENDOR_TIERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  openai: { flex: 0.5, batch: 0.5 },
  anthropic: { batch: 0.5 },
  google: { flex: 0.5, batch: 0.5 },
  groq: { flex: 1 },
}

/** By the tier's name: what the operator pays, whatever the vendor's list says. */
export type ServiceTiers = Readonly<Record<string, number>>

/**
 * @param vendor the price table's id, undefined where self-hosted: such a server's tiers are no matter of price.
 * @returns undefined where the tier's price is unknown
 */
export function tierFactor(
  tier: string | undefined,
  vendor: string | undefined,
  configured: ServiceTiers,
): number | undefined {
  if (tier === undefined) return 1
  if (Object.hasOwn(configured, tier)) return configured[tier]
  return vendor === undefined ? 1 : tiersOf(vendor)[tier]
}

/** The tiers of a vendor whose price is known, the operator's own figures first. */
export function knownTiers(vendor: string | undefined, configured: ServiceTiers): ServiceTiers {
  return { ...(vendor === undefined ? {} : tiersOf(vendor)), ...configured }
}

function tiersOf(vendor: string): ServiceTiers {
  return Object.hasOwn(VENDOR_TIERS, vendor) ? (VENDOR_TIERS[vendor] ?? {}) : {}
}
