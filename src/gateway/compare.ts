/** A model's own answer beside the one that memory had: what the semantic cache learns from, and what it remembers next. */
import { isOperators } from '../cache/operator-answer.ts'
import { agreementOf } from '../cache/semantic/agreement.ts'
import { type ToldAnswer, toldAnswer } from '../openai/told-answer.ts'
import type { Departure } from './journey.ts'
import type { Matching } from './match.ts'
import type { Recorded } from './passage.ts'

/** Whether memory had a candidate or not, the answer is remembered where it may be told to others. */
export function compared(journey: Departure, matching: Matching, answer: Recorded): void {
  const told = toldAnswer(answer, journey.incoming.request.endpoint)
  if (told !== undefined) learn(journey, matching, told)
  if (!isWorthRemembering(told)) return
  if (isAskedAgain(matching)) void rememberUnlessTold(matching, answer)
  else remember(matching, answer)
}

/** Only what is whole, unfiltered and nothing but text. */
function isWorthRemembering(told: ToldAnswer | undefined): boolean {
  return told?.ended === 'stop' && told.text.trim() !== ''
}

/** By the very same words: the answer would take the remembered one's place. */
function isAskedAgain({ look }: Matching): boolean {
  return look.candidate?.neighbour.question === look.question.text
}

/** What the operator wrote to this very question stays. */
async function rememberUnlessTold(matching: Matching, answer: Recorded): Promise<void> {
  const there = matching.remembered ?? (await matching.cache.answerOf(matching.look))
  if (there === undefined || !isOperators(there)) remember(matching, answer)
}

function remember({ cache, policy, look }: Matching, answer: Recorded): void {
  const key = look.question.partition
  void cache.remember(look, { ...answer, key, expiresAt: answer.createdAt + policy.ttlMs }, policy)
}

/** What would have been served is at hand, so that this request's own row says whether it was right. */
function learn(journey: Departure, matching: Matching, told: ToldAnswer): void {
  const { cache, policy, look, remembered } = matching
  const { endpoint } = journey.incoming.request
  const judge = (other: typeof remembered): boolean | undefined => {
    const verdict = other && !isOperators(other) ? isWrong(told, toldAnswer(other, endpoint)) : undefined
    if (verdict !== undefined) cache.judged(look, policy, verdict)
    return verdict
  }
  if (remembered !== undefined) journey.entry.semanticWrong = judge(remembered)
  else if (look.candidate !== undefined) void cache.answerOf(look).then(judge)
}

/** Undefined where it cannot be told. */
function isWrong(fresh: ToldAnswer, remembered: ToldAnswer | undefined): boolean | undefined {
  if (remembered === undefined) return undefined
  const verdict = agreementOf(fresh.text, remembered.text)
  return verdict === 'unsure' ? undefined : verdict === 'disagree'
}
