/** A model's own answer beside the one that memory had: what the semantic cache learns from, and what it remembers next. */
import { agreementOf } from '../cache/semantic/agreement.ts'
import { type ToldAnswer, toldAnswer } from '../openai/told-answer.ts'
import type { Departure } from './journey.ts'
import type { Matching } from './match.ts'
import type { Recorded } from './passage.ts'

/**
 * Whether memory had a candidate or not, the answer is remembered where it may be told to others. Never throws; what was
 * served is judged before it returns.
 */
export function compared(journey: Departure, matching: Matching, answer: Recorded): void {
  // The caller has its answer: a fault here costs what would have been learned.
  void compare(journey, matching, answer).catch(() => {})
}

/** What is remembered comes after a verdict that may forget its predecessor of the same question. */
async function compare(journey: Departure, matching: Matching, answer: Recorded): Promise<void> {
  const told = toldAnswer(answer, journey.incoming.request.endpoint)
  if (told === undefined) return
  await learn(journey, matching, told)
  if (isWorthRemembering(told)) await remember(matching, answer)
}

/** Only what is whole, unfiltered and nothing but text. */
function isWorthRemembering({ ended, text }: ToldAnswer): boolean {
  return ended === 'stop' && text.trim() !== ''
}

function remember({ cache, policy, look }: Matching, answer: Recorded): Promise<void> {
  const key = look.question.partition
  return cache.remember(look, { ...answer, key, expiresAt: answer.createdAt + policy.ttlMs }, policy)
}

/** What would have been served is at hand, so that this request's own row says whether it was right. */
async function learn(journey: Departure, matching: Matching, told: ToldAnswer): Promise<void> {
  const { cache, policy, look, remembered } = matching
  if (look.candidate === undefined) return
  const other = remembered ?? (await cache.answerOf(look))
  const wrong = other && isWrong(told, toldAnswer(other, journey.incoming.request.endpoint))
  if (wrong === undefined) return
  const served = remembered !== undefined
  if (served) journey.entry.semanticWrong = wrong
  await cache.judged(look, policy, { served, wrong })
}

/** Undefined where it cannot be told. */
function isWrong(fresh: ToldAnswer, remembered: ToldAnswer | undefined): boolean | undefined {
  if (remembered === undefined) return undefined
  const verdict = agreementOf(fresh.text, remembered.text)
  return verdict === 'unsure' ? undefined : verdict === 'disagree'
}
