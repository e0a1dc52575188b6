/** A model's own answer beside the one that memory had: what the semantic cache learns from, and what it remembers next. */
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import { isOperators } from '../../cache/operator-answer.ts'
import { agreementOf } from '../../cache/semantic/agreement.ts'
import type { Look } from '../../cache/semantic/semantic-cache.ts'
import { type ToldAnswer, toldAnswer } from '../../openai/told-answer.ts'
import { type Departure, elapsedMs } from '../journey.ts'
import { isWrongByJudge } from '../judge.ts'
import type { Recorded } from '../passage.ts'
import type { Matching } from './match.ts'

/**
 * Whether memory had a candidate or not, the answer is remembered where it may be told to others. Resolves once it is, and never
 * rejects; what was served is judged before it returns, where words tell.
 */
export function compared(journey: Departure, matching: Matching, answer: Recorded): Promise<void> {
  // The caller has its answer: a fault here costs what would have been learned.
  return compare(journey, matching, answer).catch(() => {})
}

/** What is remembered comes after a verdict that may forget its predecessor of the same question, but waits for no model. */
async function compare(journey: Departure, matching: Matching, answer: Recorded): Promise<void> {
  const told = toldAnswer(answer, journey.incoming.request.endpoint)
  if (told === undefined) return
  matching.cache.took(matching.look.question.workflow, elapsedMs(journey))
  const { cache, look } = matching
  // What was served is at hand: nothing is waited for then, and this request's own row can say whether it was right.
  const other = matching.remembered ?? (look.candidate && (await cache.answerOf(look)))
  const open = await learn(journey, matching, told.text, other)
  if (isWorthRemembering(told) && !isOperatorsWord(look, other)) await remember(matching, answer)
  if (open !== undefined) void settleOpen(journey, matching, open).catch(() => {})
}

async function settleOpen(journey: Departure, matching: Matching, open: OpenCase): Promise<void> {
  const wrong = await isWrongByMeaning(journey, matching, open)
  if (wrong !== undefined) await note(journey, matching, wrong)
  // In shadow nothing is risked, and much is to be learned.
  else if (matching.remembered !== undefined && matching.policy.semantic.mode === 'on')
    matching.cache.unsettled(matching.look, matching.policy.semantic)
}

/** Only what is whole, unfiltered and nothing but text. */
function isWorthRemembering({ ended, text }: ToldAnswer): boolean {
  return ended === 'stop' && text.trim() !== ''
}

/** What the operator wrote to this very question stays. */
function isOperatorsWord({ candidate, question }: Look, other: RememberedAnswer | undefined): boolean {
  return candidate?.neighbour.question === question.text && other !== undefined && isOperators(other)
}

function remember({ cache, policy: { semantic }, look }: Matching, answer: Recorded): Promise<void> {
  const key = look.question.partition
  return cache.remember(look, { key, expiresAt: answer.createdAt + semantic.ttlMs, ...answer }, semantic)
}

interface OpenCase {
  fresh: string
  remembered: string
}

/** @returns what words alone do not tell */
async function learn(
  journey: Departure,
  matching: Matching,
  fresh: string,
  other: RememberedAnswer | undefined,
): Promise<OpenCase | undefined> {
  // The operator's word is not held against a model's.
  if (other === undefined || isOperators(other)) return undefined
  const remembered = toldAnswer(other, journey.incoming.request.endpoint)?.text
  if (remembered === undefined) return undefined
  const verdict = agreementOf(fresh, remembered)
  if (verdict === 'unsure') return { fresh, remembered }
  await note(journey, matching, verdict === 'disagree')
  return undefined
}

async function note(
  journey: Departure,
  { cache, look, policy, remembered }: Matching,
  wrong: boolean,
): Promise<void> {
  const served = remembered !== undefined
  if (served) journey.entry.semanticJudged(wrong)
  await cache.judged(look, policy.semantic, { served, wrong })
}

/** Vectors of the answers first, then the policy's judge, but only of what was served or would have been. */
async function isWrongByMeaning(
  journey: Departure,
  { cache, look, policy, remembered: served }: Matching,
  { fresh, remembered }: OpenCase,
): Promise<boolean | undefined> {
  const similarity = await cache.similarityOf(fresh, remembered)
  const verdict = agreementOf(fresh, remembered, similarity)
  if (verdict !== 'unsure') return verdict === 'disagree'
  const { judge } = policy.semantic
  if (judge === undefined || served === undefined) return undefined
  return isWrongByJudge(journey, policy.whole, judge, { question: look.question.text, fresh, remembered })
}
