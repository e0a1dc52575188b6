/** What a request may use at most, guessed before it is sent: for budgets, limits and the rows of a crash. */
import { BYTES_PER_SECOND } from '../../media/sound-seconds.ts'
import { estimateInput, type InputEstimate, tokensOfText } from '../../metering/input-estimate.ts'
import type { PartSizes } from '../../metering/parts.ts'
import { noTokens, type Usage } from '../../metering/tokens.ts'
import { noUnits } from '../../metering/units.ts'
import { outputBound } from '../../openai/output-bound.ts'
import type { CallerRequest, PassedRequest } from '../../openai/passed-request.ts'
import { isUnlisted } from '../../openai/passed-table.ts'
import type { RequestMedia } from '../../openai/request-media.ts'

export type ExpectedUsage = Pick<Usage, 'tokens' | 'terms'>

/** Where neither the request nor its policy bounds the answer. */
const USUAL_OUTPUT_TOKENS = 4096
export const TOKENS_PER_AUDIO_SECOND = 10
/** A large picture in high quality, as the models of 2026 count it. */
const TOKENS_PER_IMAGE = 6240

/** `known` where it was read of the request already. */
export function expectedInput(
  request: CallerRequest,
  bytesPerToken: number,
  known: { media?: RequestMedia; parts?: PartSizes } = {},
): InputEstimate {
  if (request.passed === undefined) return estimateInput(request, bytesPerToken, known.media, known.parts)
  const isRead = !isFree(request) && request.members.size > 0
  const textBytes = isRead ? request.bytes.byteLength : 0
  // Not of text alone: what a provider counts of it teaches nothing.
  return { textBytes, tokens: tokensOfText(textBytes, bytesPerToken), mediaTokens: 0, hasMedia: true }
}

/**
 * In the order in which they are to be tried: the first that its model has a price for holds. Empty where the request
 * costs nothing. `maxTokens` bounds each answer, and so does what its model gives at most.
 */
export function expectedUsages(
  request: CallerRequest,
  input: number,
  { maxTokens, maxOutputTokens }: { maxTokens: number | undefined; maxOutputTokens: number | undefined },
): readonly ExpectedUsage[] {
  if (request.passed !== undefined) return isFree(request) ? [] : passedUsages(request, input)
  const most =
    maxOutputTokens === undefined || maxTokens === undefined
      ? (maxOutputTokens ?? maxTokens)
      : Math.min(maxOutputTokens, maxTokens)
  const output = outputBound(request, most) ?? USUAL_OUTPUT_TOKENS
  return [{ tokens: { ...noTokens(), input, output } }]
}

export function isFree({ passed }: PassedRequest): boolean {
  return passed.method !== 'POST' || passed.bill === 'nothing' || STOPPING.test(passed.rest)
}

/** Whether its answer may well not tell what it costs, so that no budget could count it. */
export function isUncountable(request: PassedRequest): boolean {
  return !isFree(request) && (request.passed.bill === 'unknown' || isUnlisted(request.endpoint))
}

/** What ends something costs nothing, and must be possible where a budget is used up. */
const STOPPING = /(?:^|\/)(?:cancel|pause|hangup|reject)$/

function passedUsages({ endpoint, bytes, body }: PassedRequest, input: number): readonly ExpectedUsage[] {
  switch (endpoint) {
    case 'audio/speech': {
      const units = { ...noUnits(), characters: charactersOf(body.input) }
      return [
        { tokens: noTokens(), terms: { units } },
        { tokens: { ...noTokens(), input, output: USUAL_OUTPUT_TOKENS } },
      ]
    }
    case 'audio/transcriptions':
    case 'audio/translations': {
      // Not by its head, which a caller writes: money is set aside for the longest that it may be.
      const seconds = Math.ceil(bytes.byteLength / BYTES_PER_SECOND)
      const tokens = {
        ...noTokens(),
        audio_in: seconds * TOKENS_PER_AUDIO_SECOND,
        output: USUAL_OUTPUT_TOKENS,
      }
      return [{ tokens: noTokens(), terms: { units: { ...noUnits(), audio_seconds: seconds } } }, { tokens }]
    }
    case 'images/generations':
    case 'images/edits':
    case 'images/variations': {
      const images = Math.max(1, Math.min(100, Number(body.n) || 1))
      const tokens = { ...noTokens(), input, image_out: images * TOKENS_PER_IMAGE }
      return [{ tokens: noTokens(), terms: { units: { ...noUnits(), images } } }, { tokens }]
    }
    default:
      return [{ tokens: { ...noTokens(), input, output: USUAL_OUTPUT_TOKENS } }]
  }
}

/** As they are billed: whole characters, not what UTF-16 needs for them. */
export function charactersOf(text: unknown): number {
  if (typeof text !== 'string') return 0
  let count = 0
  for (const _ of text) count++
  return count
}
