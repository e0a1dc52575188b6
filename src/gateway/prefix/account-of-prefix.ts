/** Keeps a prompt with the account that has read its like: behind what a session prefers, ahead of load. */
import type { Provider, Replica } from '../../providers/provider.ts'
import { accountPreference, type PreferableAccount } from '../../routing/account-preference.ts'
import type { Journey } from '../journey.ts'
import { prefixIn } from './mark-prefix.ts'

/** Below what any provider's prompt cache keeps. */
const SHORT_TOKENS = 512
/** Less than a session's wish. */
const PREFERRED = 0.5

export interface ReplicaPreference {
  /** How gladly a replica is asked; 0 any. */
  preference(replica: Replica, provider: Provider): number
}

/** Undefined where all are alike. */
export function preferenceFor(
  journey: Journey,
  provider: Provider,
  nowMs: number,
): ReplicaPreference | undefined {
  const { session, policy, input } = journey
  const [first] = provider.replicas
  const hasOne = provider.replicas.every(({ account }) => account === first?.account)
  if (hasOne || policy.prefix.mode === 'off' || input.tokens < SHORT_TOKENS) return session
  const prefix = prefixIn(journey)
  const account = prefix && accountPreference(prefix.head, accountsOf(journey, provider, nowMs))
  if (account === undefined) return session
  return {
    preference: (replica) =>
      Math.max(session?.preference(replica, provider) ?? 0, replica.account === account ? PREFERRED : 0),
  }
}

/** Without those that pause. */
function accountsOf({ gateway }: Journey, { replicas }: Provider, nowMs: number): PreferableAccount[] {
  const inFlight = new Map<string, number>()
  for (const replica of replicas) {
    if (gateway.health.isCooling(replica, nowMs)) continue
    const { id, account } = replica
    inFlight.set(account, (inFlight.get(account) ?? 0) + gateway.slots.inFlight(id))
  }
  return [...inFlight].map(([name, count]) => ({ name, inFlight: count }))
}
