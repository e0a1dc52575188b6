/** One image of a request, made as small as its target's provider makes it, or as the policy states. */

import type { MediaPlace } from '../conversion/media-places.ts'
import { headOfBase64 } from '../media/base64-bytes.ts'
import { fittedSize, type Size } from '../media/fitted-size.ts'
import { imageCap } from '../media/image-caps.ts'
import { type ImageHeader, readImageHeader } from '../media/image-header.ts'
import type { Journey } from './journey.ts'
import type { Target } from './outbound.ts'

export interface FittedImage {
  base64: string
  /** From which size to which, for the decision record. */
  told: string
}

/** Nearly every file tells its size at once; a camera's may have a small picture and more ahead of it. */
const HEADS = [16 * 1024, 1024 * 1024]

/** Undefined where it goes as it came; `no fitter` where it would be smaller, and nothing here can make it so. */
export async function fitImage(
  { policy, gateway }: Pick<Journey, 'policy' | 'gateway'>,
  { provider, model }: Target,
  { kind, base64, detail }: MediaPlace,
): Promise<FittedImage | 'no fitter' | undefined> {
  const bound = policy.input?.images
  if (bound === undefined || kind !== 'image') return undefined
  const cap = imageCap(provider.vendor, model, detail)
  if (cap === undefined && bound.maxEdge === undefined && bound.maxPixels === undefined) return undefined
  const header = headerOf(base64)
  if (header === undefined || header.isAnimated) return undefined
  const size = fittedSize(header, cap, bound)
  if (size.width === header.width && size.height === header.height) return undefined
  const fitter = gateway.imageFitter()
  if (fitter === undefined) return 'no fitter'
  const smaller = await fitter.fit(base64, header.format, size)
  return smaller === undefined ? undefined : { base64: smaller, told: `${told(header)} to ${told(size)}` }
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
