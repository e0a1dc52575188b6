/** When the next tier would be asked as well, and what a session would keep. */
import type { Policy } from '../policy/policy.ts'
import type { Target } from './outbound.ts'

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

/** Null where the policy asks for none, or there is no next tier. */
export function explainEscalation(
  { escalate }: Pick<Policy, 'escalate'>,
  targets: readonly Pick<Target, 'tier'>[],
): ExplainedEscalation | null {
  const tiers = new Set(targets.map(({ tier }) => tier))
  if (escalate === undefined || tiers.size < 2) return null
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
