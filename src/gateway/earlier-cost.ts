/** What a caller is told that its request cost: all attempts together, as the ledger has them. */

export interface EarlierCost {
  /** Undefined where the price of one is not known. */
  nanoUsd: number | undefined
}

/** Undefined where a price is not known. */
export function withEarlier(
  costNanoUsd: number | undefined,
  earlier: EarlierCost | undefined,
): number | undefined {
  if (earlier === undefined || costNanoUsd === undefined) return costNanoUsd
  return earlier.nanoUsd === undefined ? undefined : earlier.nanoUsd + costNanoUsd
}
