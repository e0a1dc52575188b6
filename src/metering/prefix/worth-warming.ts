/** Whether asking for a prefix once more, ahead of its end in a provider's cache, costs less than it saves. */
import type { ReuseTimes } from './reuse-times.ts'

/** Nano-dollars a token. */
export interface WarmRates {
  read: number
  /** Of a token that is not in the cache any more: written again, or read as input. */
  cold: number
}

/**
 * @param refreshes how many times it was asked for already, since it was used last
 * @param ttlSeconds how long the provider keeps it
 */
export function isWorthWarming(
  reuse: ReuseTimes | undefined,
  refreshes: number,
  ttlSeconds: number,
  { read, cold }: WarmRates,
): boolean {
  if (reuse === undefined || reuse.areFew || cold <= read) return false
  const past = (refreshes + 1) * ttlSeconds
  const left = 1 - reuse.share(past)
  if (left <= 0) return false
  // Used within the time that this buys, given that it was not used until now.
  const chance = (reuse.share(past + ttlSeconds) - reuse.share(past)) / left
  return chance * (cold - read) > read
}
