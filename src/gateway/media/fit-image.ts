/** One image of a request, made as small as its target's provider makes it, or as the policy states. */

import type { MediaPlace } from '../../conversion/media-places.ts'
import { headOfBase64 } from '../../media/base64-bytes.ts'
import { fittedSize, type Size } from '../../media/fitted-size.ts'
import { imageCap } from '../../media/image-caps.ts'
import { type ImageHeader, readImageHeader } from '../../media/image-header.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'

export interface FittedImage {
  base64: string
  /** From which size to which, for the decision record. */
  told: string
}

/** Nearly every file tells its size at once; a camera's may have a small picture and more ahead of it. */
const HEADS = [16 * 1024, 1024 * 1024]

const MOST_NOTED = 3

/** Undefined where it goes as it came; `no fitter` where it would be smaller, and nothing here can make it so. */
export async function fitImage(
  { policy, gateway }: Pick<Journey, 'policy' | 'gateway'>,
  target: Target,
  place: MediaPlace,
): Promise<FittedImage | 'no fitter' | undefined> {
  const smaller = smallerSize(policy, target, place)
  if (smaller === undefined) return undefined
  const fitter = gateway.imageFitter()
  if (fitter === undefined) return 'no fitter'
  const base64 = await fitter.fit(place.base64, smaller.format, smaller.size)
  return base64 === undefined ? undefined : { base64, told: smaller.told }
}

/** Which size an image is to come to; undefined where it stays as it is. */
export function smallerSize(
  { input }: Pick<Policy, 'input'>,
  { provider, model }: Target,
  { kind, base64, detail }: MediaPlace,
): { size: Size; format: ImageHeader['format']; told: string } | undefined {
  const bound = input?.images
  if (bound === undefined || kind !== 'image') return undefined
  const cap = imageCap(provider.vendor, model, detail)
  if (cap === undefined && bound.maxEdge === undefined && bound.maxPixels === undefined) return undefined
  const header = headerOf(base64)
  if (header === undefined || header.isAnimated) return undefined
  const size = fittedSize(header, cap, bound)
  if (size.width === header.width && size.height === header.height) return undefined
  return { size, format: header.format, told: `${told(header)} to ${told(size)}` }
}

/** For the decision record. @param sizes at least one, as `told` has them */
export function sizesNote(sizes: readonly string[]): string {
  const more = sizes.length > MOST_NOTED ? ` and ${sizes.length - MOST_NOTED} more` : ''
  return `images made smaller: ${sizes.slice(0, MOST_NOTED).join(', ')}${more}`
}

function headerOf(base64: string): ImageHeader | undefined {
  for (const most of HEADS) {
    const bytes = headOfBase64(base64, most)
    const header = bytes && readImageHeader(bytes)
    if (header !== undefined) return header
  }
  return undefined
}

function told({ width, height }: Size): string {
  return `${width}x${height}`
}
