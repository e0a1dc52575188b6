/** How many tokens a request will be counted as, told before it leaves: by every limit, budget, rule and row alike. */
import type { ModelRequest } from '../openai/model-request.ts'
import { type RequestMedia, requestMedia } from '../openai/request-media.ts'
import { type PartSizes, partSizes } from './parts.ts'
import { INPUT_BUCKETS, type Usage } from './tokens.ts'

/** Sizes of parts are characters, or as many as would cost the same. */
const CHARACTERS_PER_TOKEN = 4

export interface InputEstimate {
  /** Of the body, media left out. */
  textBytes: number
  /** Text and media. */
  tokens: number
  /** Of them, what images and audio may be counted as; files and video are not guessed. */
  mediaTokens: number
  /** A provider's count of such a request says nothing of its text. */
  hasMedia: boolean
}

/** Estimated tokens of text. */
export function tokensOfText(bytes: number, bytesPerToken: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

/** `media` and `parts` where they are known already. */
export function estimateInput(
  request: ModelRequest,
  bytesPerToken: number,
  media: RequestMedia = requestMedia(request.body),
  parts?: PartSizes,
): InputEstimate {
  const textBytes = request.bytes.length - media.bytes
  const hasMedia = media.kinds.length > 0
  const mediaTokens = hasMedia ? tokensOfMedia(parts ?? partSizes(request)) : 0
  return { textBytes, tokens: tokensOfText(textBytes, bytesPerToken) + mediaTokens, mediaTokens, hasMedia }
}

/**
 * What the provider counted of the request's text, from its prompt cache or not.
 * Undefined where it counted nothing, or also what the caller did not send as text: media, results of searches.
 */
export function countedText({ source, tokens, terms }: Usage): number | undefined {
  if (source !== 'reported' || tokens.audio_in + tokens.image_in > 0) return undefined
  if (terms !== undefined && hasOtherInput(terms)) return undefined
  let counted = 0
  for (const bucket of INPUT_BUCKETS) counted += tokens[bucket]
  return counted > 0 ? counted : undefined
}

function hasOtherInput({ cachedAudio = 0, cachedImage = 0, webSearches = 0 }: NonNullable<Usage['terms']>) {
  return cachedAudio + cachedImage + webSearches > 0
}

function tokensOfMedia({ images = 0, audio = 0 }: PartSizes): number {
  return Math.ceil((images + audio) / CHARACTERS_PER_TOKEN)
}
