/** Which of a provider's accounts a prompt belongs to: prompt caches are an account's own, so that what begins alike goes to one. */

export interface PreferableAccount {
  name: string
  /** Requests under way. */
  inFlight: number
}

/** How much more than its share an account may have under way before the next one in line takes the prompt. */
const MOST_OF_MEAN = 1.25
/** So few are no load: a vendor's account bounds what it takes a minute, not what it does at once. */
const FEW_IN_FLIGHT = 8

/**
 * Name of the account; undefined where there is none. `prefix` names the prompt. By rendezvous hashing, so that an account that comes or goes moves
 * only what is its own, with bounded load (Mirrokni et al., 2018).
 */
export function accountPreference(
  prefix: number,
  accounts: readonly PreferableAccount[],
): string | undefined {
  let all = 1
  for (const { inFlight } of accounts) all += inFlight
  const most = Math.max(FEW_IN_FLIGHT, Math.ceil((all / accounts.length) * MOST_OF_MEAN))
  let best: PreferableAccount | undefined
  let bestWeight = -1
  for (const account of accounts) {
    if (account.inFlight >= most) continue
    const weight = weightOf(prefix, account.name)
    if (weight <= bestWeight) continue
    best = account
    bestWeight = weight
  }
  return best?.name
}

function weightOf(prefix: number, name: string): number {
  let hash = prefix
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
