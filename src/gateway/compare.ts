/** A model's own answer beside the one that memory had: what the semantic cache learns from, and what it remembers next. */
import { agreementOf } from '../cache/semantic/agreement.ts'
import { type ToldAnswer, toldAnswer } from '../openai/told-answer.ts'
import type { Departure } from './journey.ts'
import { isWrongByJudge } from './judge.ts'
import type { Matching } from './match.ts'
import type { Recorded } from './passage.ts'

/** Whether memory had a candidate or not, the answer is remembered where it may be told to others. */
export function compared(journey: Departure, matching: Matching, answer: Recorded): void {
  const told = toldAnswer(answer, journey.incoming.request.endpoint)
  if (told !== undefined) void learn(journey, matching, told.text)
  if (isWorthRemembering(told)) remember(matching, answer)
}

/** Only what is whole, unfiltered and nothing but text. */
function isWorthRemembering(told: ToldAnswer | undefined): boolean {
  return told?.ended === 'stop' && told.text.trim() !== ''
}

function remember({ cache, policy, look }: Matching, answer: Recorded): void {
  const key = look.question.partition
  void cache.remember(
    look,
    { ...answer, key, expiresAt: answer.createdAt + policy.semantic.ttlMs },
    policy.semantic,
  )
}

/**
 * What would have been served is at hand, so that in most cases it is judged before this request is settled, and its own row
 * says whether it was right. Of other candidates nobody's row tells; they only teach.
 */
async function learn(journey: Departure, matching: Matching, fresh: string): Promise<void> {
  const { cache, look, policy } = matching
  if (look.candidate === undefined) return
  const told = (wrong: boolean | undefined): void => {
    if (wrong === undefined) return
    cache.judged(look, policy.semantic, wrong)
    if (matching.remembered !== undefined) journey.entry.semanticJudged(wrong)
  }
  const other = matching.remembered ?? (await cache.answerOf(look))
  const remembered = other && toldAnswer(other, journey.incoming.request.endpoint)?.text
  if (remembered === undefined) return
  const verdict = agreementOf(fresh, remembered)
  if (verdict !== 'unsure') return told(verdict === 'disagree')
  told(await isWrongByMeaning(journey, matching, { fresh, remembered }))
}

/** Vectors of the answers first, then the policy's judge, but only of what was served or would have been. */
async function isWrongByMeaning(
  journey: Departure,
  { cache, look, policy, remembered: served }: Matching,
  { fresh, remembered }: { fresh: string; remembered: string },
): Promise<boolean | undefined> {
  const similarity = await cache.similarityOf(fresh, remembered)
  const verdict = agreementOf(fresh, remembered, similarity)
  if (verdict !== 'unsure') return verdict === 'disagree'
  const { judge } = policy.semantic
  if (judge === undefined || served === undefined) return undefined
  return isWrongByJudge(journey, policy.whole, judge, { question: look.question.text, fresh, remembered })
}
