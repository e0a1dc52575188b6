/** Attributes each bucket of an input to the parts of the request. */
import { INPUT_PARTS, type InputPart } from './part-sizes.ts'
import { attributeInput, type PartSizes } from './parts.ts'
import { noTokens, TOKEN_BUCKETS, type TokenBucket } from './tokens.ts'

/** As a prompt is laid out for a model: what was asked last comes last. */
const PARTS_IN_PROMPT: readonly InputPart[] = [
  'tools',
  'system',
  'history',
  'images',
  'audio',
  'last_user_turn',
]
/** Providers cache beginnings: what was read comes first, then what was written, for long before for short. */
const BUCKETS_IN_PROMPT: readonly TokenBucket[] = [
  'cache_read',
  'cache_write_1h',
  'cache_write_30m',
  'cache_write_5m',
  'input',
]
const PLACES = Object.fromEntries(INPUT_PARTS.map((part, place) => [part, place])) as Record<
  InputPart,
  number
>
const BUCKET_PLACES = Object.fromEntries(TOKEN_BUCKETS.map((bucket, place) => [bucket, place])) as Record<
  TokenBucket,
  number
>

/**
 * Hands out all of an input's tokens: over the parts they sum to each bucket, over the buckets to `attributeInput`.
 * @param counts in the order of TOKEN_BUCKETS
 * @param add gets a part and a bucket by their places in INPUT_PARTS and TOKEN_BUCKETS, with more than 0 tokens
 */
export function eachPartToken(
  sizes: PartSizes,
  counts: readonly number[],
  add: (part: number, bucket: number, count: number) => void,
): void {
  const tokens = noTokens()
  for (let place = 0; place < TOKEN_BUCKETS.length; place++) {
    const bucket = TOKEN_BUCKETS[place]
    if (bucket !== undefined) tokens[bucket] = counts[place] ?? 0
  }
  const left = attributeInput(sizes, tokens)
  left.images -= tokens.image_in
  left.audio -= tokens.audio_in
  if (tokens.image_in > 0) add(PLACES.images, BUCKET_PLACES.image_in, tokens.image_in)
  if (tokens.audio_in > 0) add(PLACES.audio, BUCKET_PLACES.audio_in, tokens.audio_in)
  let bucket = 0
  for (const part of PARTS_IN_PROMPT) {
    while (left[part] > 0 && bucket < BUCKETS_IN_PROMPT.length) {
      const name = BUCKETS_IN_PROMPT[bucket] ?? 'input'
      const count = Math.min(left[part], tokens[name])
      if (count > 0) add(PLACES[part], BUCKET_PLACES[name], count)
      left[part] -= count
      tokens[name] -= count
      if (tokens[name] <= 0) bucket++
    }
  }
}
