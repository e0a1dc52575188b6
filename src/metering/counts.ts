/** A usage block with overlaps as providers report them, and how it becomes disjoint buckets. */
import { noTokens, type Usage } from './tokens.ts'

/** Beyond any real request; keeps sums exact where a provider reports nonsense. */
const MOST_TOKENS = 1e12

/** Tokens. `input` and `output` are the wholes that the others are parts of. */
export interface Counts {
  input: number
  cached: number
  cachedAudio: number
  cachedImage: number
  written5m: number
  written30m: number
  written1h: number
  /** Audio and image tokens of the input, the cached ones among them. */
  audioIn: number
  imageIn: number
  output: number
  reasoning: number
  audioOut: number
  imageOut: number
}

/** Parts that exceed their whole are cut down to it, so that the buckets always sum to the totals. */
export function usageOfCounts(counts: Counts): Usage {
  const tokens = noTokens()
  const input = { tokens: counts.input }
  tokens.cache_read = take(input, counts.cached)
  tokens.cache_write_1h = take(input, counts.written1h)
  tokens.cache_write_30m = take(input, counts.written30m)
  tokens.cache_write_5m = take(input, counts.written5m)
  const cachedAudio = Math.min(counts.cachedAudio, tokens.cache_read)
  const cachedImage = Math.min(counts.cachedImage, tokens.cache_read - cachedAudio)
  tokens.audio_in = take(input, Math.max(0, counts.audioIn - cachedAudio))
  tokens.image_in = take(input, Math.max(0, counts.imageIn - cachedImage))
  tokens.input = input.tokens
  const output = { tokens: counts.output }
  tokens.reasoning = take(output, counts.reasoning)
  tokens.audio_out = take(output, counts.audioOut)
  tokens.image_out = take(output, counts.imageOut)
  tokens.output = output.tokens
  if (cachedAudio === 0 && cachedImage === 0) return { tokens, source: 'reported' }
  return {
    tokens,
    source: 'reported',
    terms: {
      ...(cachedAudio > 0 ? { cachedAudio } : {}),
      ...(cachedImage > 0 ? { cachedImage } : {}),
    },
  }
}

/** A whole number of tokens, or undefined for what is none. */
export function count(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined
  return Math.min(Math.trunc(value), MOST_TOKENS)
}

export function firstCount(...values: readonly unknown[]): number | undefined {
  for (const value of values) {
    const found = count(value)
    if (found !== undefined) return found
  }
  return undefined
}

function take(left: { tokens: number }, wanted: number): number {
  const taken = Math.min(wanted, left.tokens)
  left.tokens -= taken
  return taken
}
