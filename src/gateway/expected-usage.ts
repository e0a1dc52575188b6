/** What a request may use at most, guessed before it is sent: for budgets, limits and the rows of a crash. */
import { noTokens, type Usage } from '../metering/tokens.ts'
import { noUnits } from '../metering/units.ts'
import { outputBound } from '../openai/output-bound.ts'
import type { CallerRequest, PassedRequest } from '../openai/passed-request.ts'

export type ExpectedUsage = Pick<Usage, 'tokens' | 'terms'>

const BYTES_PER_TOKEN = 4
/** Where neither the request nor its policy bounds the answer. */
const USUAL_OUTPUT_TOKENS = 4096
/** 64 kbit/s, in which speech is often sent; at 16 kHz without compression a second takes four times as much. */
const BYTES_PER_AUDIO_SECOND = 8000
const TOKENS_PER_AUDIO_SECOND = 10
/** A large picture in high quality, as the models of 2026 count it. */
const TOKENS_PER_IMAGE = 6240

/** Tokens of input: what a crash is settled with. */
export function expectedInputTokens(request: CallerRequest): number {
  if (request.passed === undefined) return Math.ceil(request.bytes.byteLength / BYTES_PER_TOKEN)
  if (isFree(request) || request.members.size === 0) return 0
  return Math.ceil(request.bytes.byteLength / BYTES_PER_TOKEN)
}

/**
 * In the order in which they are to be tried: the first that its model has a price for holds. Empty where the request
 * costs nothing; `maxTokens` bounds each answer.
 */
export function expectedUsages(
  request: CallerRequest,
  maxTokens: number | undefined,
): readonly ExpectedUsage[] {
  const input = expectedInputTokens(request)
  if (request.passed === undefined) {
    const output = outputBound(request, maxTokens) ?? USUAL_OUTPUT_TOKENS
    return [{ tokens: { ...noTokens(), input, output } }]
  }
  return isFree(request) ? [] : passedUsages(request, input)
}

export function isFree({ passed }: PassedRequest): boolean {
  return passed.method !== 'POST' || passed.bill === 'nothing'
}

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
      const seconds = Math.ceil(bytes.byteLength / BYTES_PER_AUDIO_SECOND)
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
