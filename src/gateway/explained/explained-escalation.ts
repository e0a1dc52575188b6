/** When the next tier would be asked as well, and what a session would keep. */
import type { Policy } from '../../policy/policy.ts'
import type { Target } from '../outbound.ts'
import { NO_TIER, tierRanks } from '../tier-ranks.ts'

export interface ExplainedEscalation {
  refused: boolean
  empty: boolean
  invalid_json: boolean
  loops: boolean
  confidence_below: number | null
  slower_than_ms: number | null
  /** Tokens of a stream that are held back to tell. */
  hold: number | 'whole'
}

export interface ExplainedSession {
  stick: readonly ('model' | 'account' | 'replica')[]
  idle_ms: number
}

/** Null where the policy asks for none, there is no next tier behind one before it, or a budget degrades. */
export function explainEscalation(
  policy: Pick<Policy, 'escalate' | 'route' | 'tiers'>,
  {
    rule,
    targets,
    isDegraded,
  }: { rule: string | undefined; targets: readonly Pick<Target, 'tier'>[]; isDegraded: boolean },
): ExplainedEscalation | null {
  const { escalate } = policy
  if (escalate === undefined || isDegraded) return null
  const ranks = tierRanks(
    targets.map(({ tier }) => tier),
    rule,
    policy,
  )
  const goesOn = ranks.some(
    (rank, index) => rank !== NO_TIER && ranks.some((next, later) => later > index && next > rank),
  )
  if (!goesOn) return null
  const { refused, empty, invalidJson, loops, confidenceBelow, slowerThanMs, hold } = escalate
  return {
    refused,
    empty,
    invalid_json: invalidJson,
    loops,
    confidence_below: confidenceBelow ?? null,
    slower_than_ms: slowerThanMs ?? null,
    hold: hold.kind === 'whole' ? 'whole' : hold.count,
  }
}

export function explainSession({ session }: Pick<Policy, 'session'>): ExplainedSession | null {
  if (session === undefined) return null
  const all = ['model', 'account', 'replica'] as const
  return { stick: all.filter((name) => session[name]), idle_ms: session.idleMs }
}
