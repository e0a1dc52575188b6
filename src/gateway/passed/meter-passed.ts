/** What the answer to a request that was passed through cost: by its usage, else by what was asked for or came. */
import { estimateUsage } from '../../metering/estimate.ts'
import { type Metered, type MeterSubject, priceUsage, unbilled } from '../../metering/meter.ts'
import type { Pricer } from '../../metering/price.ts'
import { noTokens, type Usage } from '../../metering/tokens.ts'
import { noUnits, type Units } from '../../metering/units.ts'
import { usageFromWire } from '../../metering/usage.ts'
import { isObject } from '../../openai/is-object.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import { charactersOf, isFree } from '../limits/expected-usage.ts'
import type { AnswerSeen } from '../relays/relay.ts'

const UNKNOWN: Metered = {
  usage: { tokens: noTokens(), source: 'absent' },
  costNanoUsd: undefined,
  priceVersion: undefined,
  baselineNanoUsd: undefined,
}

/** An answer that says nothing of what it took costs nobody knows what: null, never 0. */
export function meterPassed(
  pricer: Pricer,
  subject: MeterSubject,
  request: PassedRequest,
  seen: AnswerSeen,
  inputTokens: number,
): Metered {
  if (isFree(request) && !isCountedModeration(request, seen)) return unbilled()
  if (request.passed.bill === 'unknown') return UNKNOWN
  const usage =
    usageFromWire(withImageOutput(request, seen.usage)) ??
    usageOfUnits(request, seen.units) ??
    usageOfTexts(request, inputTokens)
  return usage === undefined ? UNKNOWN : { usage, ...priceUsage(pricer, subject, usage) }
}

/** What the answer of an images endpoint holds is images, also where its usage does not say so. */
function withImageOutput({ endpoint }: PassedRequest, usage: unknown): unknown {
  if (!endpoint.startsWith('images/') || !isObject(usage)) return usage
  if (usage.output_tokens_details !== undefined) return usage
  return { ...usage, output_tokens_details: { image_tokens: usage.output_tokens } }
}

function usageOfUnits(
  { endpoint, body }: PassedRequest,
  seen: Partial<Units> | undefined,
): Usage | undefined {
  const units = { ...noUnits(), ...seen }
  if (endpoint === 'audio/speech') units.characters = charactersOf(body.input)
  if (units.audio_seconds + units.images + units.characters === 0) return undefined
  return { tokens: noTokens(), source: 'reported', terms: { units } }
}

/** OpenAI's are free and count nothing; whoever counts them charges for them, or costs its hours. */
function isCountedModeration({ endpoint }: PassedRequest, { usage }: AnswerSeen): boolean {
  return endpoint === 'moderations' && isObject(usage)
}

/** Of what takes texts and tells numbers: servers that one runs oneself seldom count. */
function usageOfTexts({ endpoint }: PassedRequest, inputTokens: number): Usage | undefined {
  if (endpoint !== 'rerank' && endpoint !== 'custom') return undefined
  return estimateUsage({ inputTokens, outputCharacters: 0 })
}
