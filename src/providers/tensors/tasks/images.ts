/** Images that a model is asked about, as the bytes of their files: whoever sends an address is told so. */
import { readDataUrl } from '../../../conversion/data-url.ts'
import { bytesOfBase64 } from '../../../media/base64-bytes.ts'
import { isObject } from '../../../openai/is-object.ts'
import { Refused } from '../refused.ts'
import type { Row } from '../row.ts'
import type { ServedModel } from '../served-model.ts'
import { textsOf } from './texts.ts'

const MOST_IMAGES = 256

/** `input` of embeddings and moderations, as what the model takes of it. @throws Refused for anything else */
export function rowsOf(input: unknown, { inputs }: Pick<ServedModel, 'inputs'>): readonly Row[] {
  if (!inputs.some(({ isImage }) => isImage === true)) return textsOf(input).map((text) => ({ text }))
  const list = Array.isArray(input) ? input : [input]
  if (list.length === 0 || list.length > MOST_IMAGES)
    throw new Refused(400, `input must be 1 to ${MOST_IMAGES} images.`, { param: 'input' })
  return list.map((value: unknown, index) => ({ image: imageOf(addressIn(value), `input[${index}]`) }))
}

/** @param param names it to the caller. @throws Refused where it is no image that came along */
export function imageOf(address: unknown, param: string): Uint8Array {
  const inline = typeof address === 'string' ? readDataUrl(address) : undefined
  const bytes = inline?.mediaType.startsWith('image/') === true ? bytesOfBase64(inline.base64) : undefined
  if (bytes !== undefined && bytes.byteLength > 0) return bytes
  throw new Refused(
    400,
    `${param} must be an image as \`data:image/…;base64,…\`: this model takes images alone, and none is fetched.`,
    { param },
  )
}

/** As OpenAI's moderations write images, or by itself. */
function addressIn(value: unknown): unknown {
  if (!isObject(value)) return value
  return isObject(value.image_url) ? value.image_url.url : value.image_url
}
