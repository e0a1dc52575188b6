/** What a caller asked, out of the request that the gateway made of it. */
import { isObject } from '../../openai/is-object.ts'
import { multipartFields, multipartFile } from '../../openai/multipart-fields.ts'
import { parseJson } from '../../openai/parse-json.ts'
import { headerValue, type OutboundRequest } from '../transport.ts'
import type { Asked } from './task.ts'

const NO_BYTES = new Uint8Array(0)

export function readAsked(
  { body, headers }: Pick<OutboundRequest, 'body' | 'headers'>,
  naming: Pick<Asked, 'endpoint' | 'newId' | 'nowSeconds'>,
): Asked {
  const bytes = body ?? NO_BYTES
  const type = headerValue(headers, 'content-type') ?? ''
  if (type.toLowerCase().startsWith('multipart/form-data')) {
    const fields = [...multipartFields(bytes, type)].map(([name, { value }]) => [name, value])
    return { ...naming, body: Object.fromEntries(fields), file: multipartFile(bytes, type, 'file') }
  }
  const parsed = parseJson(new TextDecoder().decode(bytes))
  return { ...naming, body: isObject(parsed) ? parsed : {}, file: undefined }
}
