/** Holds the ledger's rows to what the mock saw and counted, row by row. Each fault found is a sentence. */
import { answerChat } from '../support/mock-provider/chat-answer.ts'
import { COUNTED, type Counted, inputOf, outputOf } from '../support/mock-provider/counted.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { SHORTEST_DEADLINE_MS } from './installation.ts'
import type { Asked } from './play.ts'
import { costOf, type Edition, MODELS, uncachedCostOf } from './price-book.ts'
import type { AttemptRow, RequestRow } from './rows.ts'
import { bodyOf, isEmbedding, type Scripted, TIERS } from './script.ts'

export interface Evidence {
  rows: readonly RequestRow[]
  asked: ReadonlyMap<string, Asked>
  seen: ReadonlyMap<string, readonly SeenRequest[]>
  /** Under way when trimtab was killed: what no provider saw may have no row, and the rest may be an estimate. */
  cut: ReadonlySet<string>
  /** Of attempts: those before were priced again. */
  edition: Edition
  /** Of what memory and shared calls saved, which is never priced again. */
  editions: readonly Edition[]
}

/** At most the first twenty faults. */
export function checkRows(evidence: Evidence): readonly string[] {
  const faults: string[] = []
  const { rows, asked, seen } = evidence
  const byMark = new Map(rows.map((row) => [row.mark, row]))
  if (byMark.size !== rows.length) faults.push('a request has two rows')
  for (const [mark, { heard, one }] of asked) {
    // Who leaves at once may not have been heard at all.
    const isExcused = evidence.cut.has(mark) || (one.leaves !== undefined && heard.status === 0)
    if (!byMark.has(mark) && !isExcused) faults.push(`${mark} has no row`)
  }
  for (const mark of seen.keys()) {
    if (!byMark.has(mark)) faults.push(`${mark} was seen by its provider and has no row`)
  }
  for (const row of rows) {
    const of = asked.get(row.mark)
    if (of === undefined) faults.push(`${row.mark} was never asked`)
    else
      faults.push(...checkRow(row, of, evidence).map((fault) => `${row.mark}: ${fault}: ${story(row, of)}`))
    if (faults.length > 20) break
  }
  return faults.slice(0, 20)
}

function checkRow(row: RequestRow, { one, heard }: Asked, evidence: Evidence): readonly string[] {
  const seen = evidence.seen.get(row.mark) ?? []
  const faults: string[] = []
  const isRecalled = row.cache === 'exact' || row.cache === 'coalesced'
  if (isRecalled && (row.attempts.length > 0 || seen.length > 0))
    faults.push('recalled, and asked all the same')
  const pairs = paired(row.attempts, seen)
  if (typeof pairs === 'string') return [...faults, pairs]
  for (const [attempt, request] of pairs) faults.push(...checkAttempt(attempt, request, evidence))
  for (const [index, { ordinal }] of row.attempts.entries()) {
    if (ordinal !== index) faults.push('an attempt is missing')
  }
  const answer = row.attempts.at(-1)
  const isCut = row.error === 'interrupted' && evidence.cut.has(row.mark)
  const stays = one.leaves === undefined && heard.end === 'whole' && !isCut
  if (stays && heard.status !== row.status) faults.push(`its caller got ${heard.status}`)
  if (isRecalled) faults.push(...checkWorth('saved', row.baseline, row, one, evidence))
  // Also where only those who shared the answer were left to hear it; not where a kill came in between.
  else if (answer?.outcome === 'answered' && row.error !== 'interrupted') {
    const { provider, tokens } = answer
    const baseline = isSilent(answer) ? null : uncachedCostOf(provider, tokens, evidence.edition)
    if (baseline !== row.baseline) faults.push(`its baseline is not ${baseline}`)
  } else if (row.baseline !== null) faults.push('a baseline without an answer')
  if (row.shadow !== null) faults.push(...checkWorth('shadow', row.shadowSaved, row, one, evidence))
  return faults
}

/**
 * Which attempt was which request: by model and status, in order; a busy mock may hear the second of two that were
 * given up before the first. Those without a status may never have arrived.
 */
function paired(
  attempts: readonly AttemptRow[],
  seen: readonly SeenRequest[],
): readonly (readonly [AttemptRow, SeenRequest])[] | string {
  const left = [...seen]
  const pairs: (readonly [AttemptRow, SeenRequest])[] = []
  const inOrder = [...attempts].sort(
    (one, other) => Number(one.status === null) - Number(other.status === null),
  )
  for (const row of inOrder) {
    const index = left.findIndex(
      ({ body, status }) => body?.model === row.model && (row.status === null || row.status === status),
    )
    const [found] = index < 0 ? [] : left.splice(index, 1)
    if (found !== undefined) pairs.push([row, found])
    else if (row.status !== null) return `attempt ${row.ordinal} reached no provider`
  }
  return left.length === 0 ? pairs : `its provider saw ${seen.length} attempts`
}

/** What OpenRouter did not say, nobody knows. */
function isSilent({ provider, usage }: AttemptRow): boolean {
  return provider === 'openrouter' && usage === 'estimated'
}

function checkAttempt(attempt: AttemptRow, seen: SeenRequest, { edition }: Evidence): readonly string[] {
  const faults: string[] = []
  const { provider, usage, tokens, cost } = attempt
  const isTold = usage === 'reported' || usage === 'estimated'
  const price = isSilent(attempt) ? null : costOf(provider, tokens, edition)
  if (isTold && cost !== price) faults.push(`attempt ${attempt.ordinal} costs ${cost}, not ${price}`)
  if (usage === 'absent' && (cost !== 0 || inputOf(tokens) + outputOf(tokens) !== 0)) {
    faults.push('an attempt without usage has tokens or a price')
  }
  // Where trimtab was there to hear it.
  if ((seen.status ?? 200) >= 400 && attempt.status !== null && usage !== 'absent') {
    faults.push('a refusal is billed')
  }
  // A deadline may strike between the finish of an answer and its usage: it is whole then all the same, and its mock, where
  // the machine is busy, had written its last word before it heard of that.
  const isLate = (attempt.totalMs ?? 0) >= SHORTEST_DEADLINE_MS
  if (attempt.outcome === 'answered' && usage !== 'reported' && seen.end === 'whole' && !isLate) {
    faults.push('an answer is only estimated')
  }
  if (usage === 'reported') faults.push(...checkTokens(attempt, seen, edition))
  return faults
}

/** A stream that counts on in each chunk may be cut before its last word. */
function checkTokens(attempt: AttemptRow, seen: SeenRequest, edition: Edition): readonly string[] {
  const { provider, tokens, cost } = attempt
  const { counted } = seen
  if (counted === undefined) return ['usage is reported that nobody counted']
  const isPart = attempt.outcome !== 'answered' && seen.said?.shape?.place === 'every_chunk'
  const wrong = COUNTED.filter((bucket) =>
    isPart && bucket === 'output' ? tokens.output > counted.output : tokens[bucket] !== counted[bucket],
  )
  if (wrong.length > 0) return wrong.map((bucket) => `${bucket} is ${tokens[bucket]}, not ${counted[bucket]}`)
  const isCharged = isPart || cost === costOf(provider, counted, edition)
  return isCharged ? [] : [`it costs ${cost}, not ${costOf(provider, counted, edition)}`]
}

/** An answer that was not paid for is worth what it cost whoever paid; null where nobody did, or nobody knows. */
function checkWorth(
  what: string,
  amount: number | null,
  row: RequestRow,
  one: Scripted,
  evidence: Evidence,
): readonly string[] {
  const providers = TIERS[one.workflow] ?? [one.provider]
  const counted = providers.flatMap((provider) =>
    evidence.editions.map((edition) => costOf(provider, answerOf(one, provider), edition)),
  )
  const worths = [...counted, ...estimatesOf(one, evidence)]
  const isFailed = row.error !== null || row.status !== 200
  if (worths.includes(amount) && (amount === null || !isFailed || what === 'shadow')) return []
  if (amount === null && isFailed) return []
  return [`${what} ${amount}, where the answer is worth ${worths.join(' or ')}`]
}

/** Of answers to the same question that were whole before a deadline struck, and their usage was not. */
function estimatesOf(one: Scripted, { rows, asked }: Evidence): readonly (number | null)[] {
  return rows.flatMap(({ mark, attempts }) => {
    const answer = attempts.at(-1)
    const isSame =
      asked.get(mark)?.one.prompt === one.prompt && asked.get(mark)?.one.workflow === one.workflow
    return isSame && answer?.outcome === 'answered' && answer.usage === 'estimated' ? [answer.cost] : []
  })
}

/** What the mock counts of the answer that `provider` gives. */
function answerOf(one: Scripted, provider: string): Counted {
  if (isEmbedding(one)) {
    return { ...NOTHING, input: Math.max(1, Math.ceil(one.prompt.length / 4)) }
  }
  return answerChat({ ...bodyOf(one), model: MODELS[provider] }).counted
}

const NOTHING = Object.fromEntries(COUNTED.map((bucket) => [bucket, 0])) as Counted

function story({ attempts, ...row }: RequestRow, { one }: Asked): string {
  const short = attempts.map(({ tokens, ...rest }) => ({ ...rest, tokens: Object.values(tokens).join(' ') }))
  return JSON.stringify({ ...row, attempts: short, one })
}
