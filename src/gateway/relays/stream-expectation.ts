/** What is expected of a stream, and how much of it has to come before its caller is told any. */
import type { StreamConversion } from '../../conversion/frame.ts'
import type { StreamEventFacts } from '../../openai/read-stream-event.ts'
import type { ReleaseCondition } from '../../policy/policy.ts'
import type { EarlierCost } from '../earlier-cost.ts'
import type { AnswerJudge } from './answer-judge.ts'
import type { AnswerWire } from './answer-wire.ts'

/** Held events beyond this are released whatever the policy says: memory is bounded before manners. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
const CHARACTERS_PER_TOKEN = 4

export interface StreamExpectation {
  /** Whether the caller asked for the usage chunk; ours is kept back otherwise. */
  wantsUsage: boolean
  /** `n` of the request: so many choices must finish before a stream is whole. */
  choices: number
  release: ReleaseCondition
  /** In which the provider speaks. */
  wire: AnswerWire
  /** In which the caller is told of a failure. */
  callersWire: AnswerWire
  /** Where the two differ. */
  conversion: StreamConversion | undefined
  /** Where the provider keeps its answer: told under which id, and whether its usage is known by now. */
  kept: ((id: string, isCounted: boolean) => void) | undefined
  /** Undefined where the answer is told however it is. */
  judge?: AnswerJudge | undefined
  /** What the request's earlier attempts cost; undefined where there were none. */
  earlier?: EarlierCost | undefined
}

/** Whether the event that just came lets go of what was held. */
export function isReleasedBy(
  { release, judge }: Pick<StreamExpectation, 'release' | 'judge'>,
  facts: Pick<StreamEventFacts & { kind: 'chunk' }, 'hasContent' | 'finishReason'>,
  held: { heldBytes: number; outputCharacters: number },
): boolean {
  if (held.heldBytes > MAX_HELD_BYTES) return true
  if (release.kind === 'whole' || judge?.wantsMore === true) return false
  if (facts.finishReason !== undefined) return true
  if (release.kind === 'first_content') return facts.hasContent
  return held.outputCharacters >= release.count * CHARACTERS_PER_TOKEN
}
