/** What becomes of one member of a request at a target that does not take every value of it. */
import type { Fields } from './converted.ts'

export interface ParameterRule {
  /** Top-level member of the request. */
  name: string
  /** Whether the target takes the value, which is not null, as it is. */
  takes(value: unknown, body: Fields): boolean
  /** What is done with a value that it does not take. */
  otherwise: 'drop' | Rename | Say | Refuse
}

interface Rename {
  as: string
}

/** `undefined` where no value that the target takes says nearly the same: the member is left out. */
interface Say {
  say(value: unknown): unknown
}

/** For what the caller would miss in the answer; a value that asks for nothing is left out. The sentence is the target's. */
interface Refuse {
  because: string
}

/** Of the least to the most thinking. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type Effort = (typeof EFFORTS)[number]

type Takes = ParameterRule['takes']

const never: Takes = () => false

export function drop(name: string, takes: Takes = never): ParameterRule {
  return { name, takes, otherwise: 'drop' }
}

export function rename(name: string, as: string): ParameterRule {
  return { name, takes: never, otherwise: { as } }
}

export function say(name: string, takes: Takes, said: Say['say']): ParameterRule {
  return { name, takes, otherwise: { say: said } }
}

export function refuse(name: string, because: string, takes: Takes = never): ParameterRule {
  return { name, takes, otherwise: { because } }
}

/** The probabilities of tokens, of a target that tells none: who asks for them reads them. */
export function withoutLogprobs(takes: Takes = never): readonly ParameterRule[] {
  return [refuse('logprobs', 'it tells no probabilities of tokens.', takes), drop('top_logprobs', takes)]
}

export function efforts(offered: readonly Effort[]): ParameterRule {
  const takes: Takes = (value) => (offered as readonly unknown[]).includes(value)
  return say('reasoning_effort', takes, (value) => nearestEffort(value, offered))
}

/** Thinking is switched off only where the caller wants none. */
export function nearestEffort(wanted: unknown, offered: readonly Effort[]): Effort | undefined {
  const at = (EFFORTS as readonly unknown[]).indexOf(wanted)
  if (at < 0) return undefined
  let nearest: Effort | undefined
  let least = Number.POSITIVE_INFINITY
  for (const effort of offered) {
    if (effort === 'none' && wanted !== 'none') continue
    const far = Math.abs(EFFORTS.indexOf(effort) - at)
    if (far > least) continue
    nearest = effort
    least = far
  }
  return nearest
}
