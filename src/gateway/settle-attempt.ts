/** Ends an attempt: its settlement into the entry, what its count teaches, and a tokenizer's count where there was none. */
import type { AttemptNote, CountedInput } from '../metering/decision.ts'
import { countedUsage, estimateUsage } from '../metering/estimate.ts'
import { countedText } from '../metering/input-estimate.ts'
import type { AttemptOutcome, AttemptSettled } from '../metering/ledger.ts'
import { type Metered, type MeterSubject, priceUsage } from '../metering/meter.ts'
import type { TokenCounter, TokenCounts, Uncounted } from '../metering/token-counter.ts'
import type { Usage } from '../metering/tokens.ts'
import { concatenate } from '../openai/concatenate.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { promptText } from '../openai/prompt-text.ts'
import { baselineOf } from './baseline.ts'
import type { Recounted } from './entry.ts'
import type { Fault } from './fault.ts'
import type { Journey } from './journey.ts'
import type { Destination } from './outbound.ts'
import { watchPrompt } from './prefix/watch-prompt.ts'
import { wireOf } from './relays/answer-wire.ts'
import type { AnswerSeen } from './relays/relay.ts'

export interface AttemptEnd {
  target: Destination
  ordinal: number
  outcome: AttemptOutcome
  status: number | undefined
  /** One sentence for the ledger, and what told that an answer does not suffice; undefined where it answered. */
  why: Pick<Fault, 'note' | 'insufficiency'> | undefined
  metered: Metered
  /** What was metered; undefined where no answer was. */
  seen: AnswerSeen | undefined
  firstChunkMs: number | undefined
  totalMs: number
}

export function settleAttempt(journey: Journey, end: AttemptEnd): void {
  const { entry, gateway } = journey
  const { usage } = end.metered
  learn(journey, usage)
  gateway.pricer().rates?.served(end.target.provider.name, usage.tokens, gateway.now())
  watchPrompt(journey, end)
  if (usage.source === 'reported') end.target.sending?.reported(usage.tokens.cache_read)
  const settled = settlementOf(journey, end)
  const note = noteOf(end)
  if (usage.source !== 'estimated') return entry.settleAttempt(settled, note)
  note.countedBy = 'characters'
  const { tokenCounter } = gateway
  if (tokenCounter === undefined || !isCountable(journey, end.target))
    return entry.settleAttempt(settled, note)
  entry.settleCounted(settled, note, recount(journey, end, tokenCounter))
}

/** Whether a tokenizer can be shown both what was asked and what is answered. */
export function isCountable({ incoming }: Journey, { conversion }: Destination): boolean {
  const { endpoint, passed } = incoming.request
  if (passed !== undefined) return false
  return wireOf(endpoint).countable && wireOf(conversion?.endpoint ?? endpoint).countable
}

function meterSubject({ incoming }: Journey, { provider, model }: Destination): MeterSubject {
  return { provider: provider.name, priceProvider: provider.priceProvider, model, at: incoming.at }
}

/** A provider's count teaches the request's workflow, and shows how near the estimate came. */
function learn({ entry, gateway, input }: Journey, usage: Usage): void {
  if (input.hasMedia) return
  const counted = countedText(usage)
  if (counted === undefined) return
  gateway.tokenRatios.learn(entry.opened.workflow, input.textBytes, counted)
  const compared: CountedInput = { bytes: input.textBytes, estimated: input.tokens, counted }
  entry.decision.input = compared
}

/** Never rejects, as the counter does not; undefined where what was estimated stands. */
async function recount(
  journey: Journey,
  { target, seen }: AttemptEnd,
  counter: TokenCounter,
): Promise<Recounted | undefined> {
  const { request } = journey.incoming
  if (request.passed !== undefined) return undefined
  const counts = await counter.count(uncounted(request, target, seen))
  if (counts === undefined) return undefined
  const { tokens, source } = usageOf(counts, journey, seen)
  const priced = priceUsage(journey.gateway.pricer(), meterSubject(journey, target), { tokens })
  const { nanoUsd, savings } = baselineOf(journey, target, { ...priced, usage: { tokens } })
  return {
    tokens,
    usage: source,
    countedBy: counts.by,
    costNanoUsd: priced.costNanoUsd,
    priceVersion: priced.priceVersion,
    baselineNanoUsd: nanoUsd,
    savings,
  }
}

function uncounted(request: ModelRequest, { model }: Destination, seen: AnswerSeen | undefined): Uncounted {
  const text = seen?.text
  return {
    model,
    prompt: promptText(request),
    answer: text && {
      form: text.form,
      bytes: concatenate(text.pieces),
      characters: seen.outputCharacters,
    },
  }
}

function usageOf(counts: TokenCounts, { input }: Journey, seen: AnswerSeen | undefined): Usage {
  const ofInput = counts.input + input.mediaTokens
  if (counts.output !== undefined) return countedUsage(ofInput, counts.output)
  return estimateUsage({ inputTokens: ofInput, outputCharacters: seen?.outputCharacters ?? 0 })
}

function settlementOf({ incoming, entry }: Journey, end: AttemptEnd): AttemptSettled {
  const { usage, costNanoUsd, priceVersion } = end.metered
  return {
    requestId: incoming.id,
    ordinal: end.ordinal,
    outcome: end.outcome,
    status: end.status,
    tokens: usage.tokens,
    usage: usage.source,
    terms: usage.terms,
    costNanoUsd,
    priceVersion,
    firstChunkMs: end.firstChunkMs,
    totalMs: end.totalMs,
    reservations: entry.reservationsOf(end.ordinal),
  }
}

function noteOf({ target, outcome, status, why }: AttemptEnd): AttemptNote {
  const note: AttemptNote = {
    target: `${target.provider.name}/${target.model}`,
    replica: target.replica.id,
    outcome,
    status,
    detail: why?.note,
  }
  if (why?.insufficiency !== undefined) {
    const { because: _, ...insufficiency } = why.insufficiency
    note.insufficiency = insufficiency
  }
  if (target.sending !== undefined) note.chosen = target.sending.chosen
  if (target.waitedMs) note.waitedMs = Math.round(target.waitedMs)
  return note
}
