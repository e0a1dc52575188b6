/** One part of a chat message's content → Anthropic's content block. */
import { isObject } from '../openai/is-object.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { readDataUrl, textOfBase64 } from './data-url.ts'
import { DOCUMENT_EXTRAS, extrasOfPart, IMAGE_EXTRAS, TEXT_EXTRAS } from './extra-members.ts'

/**
 * Undefined where there is nothing in it: Anthropic refuses empty texts.
 * @param param where the part stands, for failures
 * @throws Failure `invalid_request` for audio, video and what is not known
 */
export function chatPartAsBlock(part: unknown, param: string, notes: Notes): Fields | undefined {
  if (!isObject(part)) throw cannotSay(param, 'a part of content is an object with a type.')
  switch (part.type) {
    case 'text':
    case 'refusal':
      return textBlock(part, param)
    case 'image_url':
      return imageBlock(part, param, notes)
    case 'file':
      return documentBlock(part, param)
    default:
      throw cannotSay(param, `Anthropic's API takes no content of type ${JSON.stringify(part.type ?? null)}.`)
  }
}

function textBlock(part: Fields, param: string): Fields | undefined {
  const text = part.type === 'refusal' ? part.refusal : part.text
  if (typeof text !== 'string') throw cannotSay(param, 'its text is no string.')
  if (text === '') return undefined
  if (isObject(part.document)) return textDocument(part.document, text, part)
  return { type: 'text', text, ...extrasOfPart(part, TEXT_EXTRAS) }
}

/** A plain-text document travelled as text with its title and the like beside it. */
function textDocument(document: Fields, text: string, part: Fields): Fields {
  const title = typeof document.title === 'string' ? { title: document.title } : {}
  return {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: text },
    ...title,
    ...extrasOfPart(part, DOCUMENT_EXTRAS),
  }
}

function imageBlock(part: Fields, param: string, notes: Notes): Fields {
  const image = isObject(part.image_url) ? part.image_url : { url: part.image_url }
  if (typeof image.url !== 'string') throw cannotSay(param, 'its image_url has no url.')
  if (image.detail !== undefined && image.detail !== null && image.detail !== 'auto') {
    notes.add('image_url.detail', "left out, Anthropic's API has none.")
  }
  return { type: 'image', source: sourceOf(image.url, param), ...extrasOfPart(part, IMAGE_EXTRAS) }
}

function documentBlock(part: Fields, param: string): Fields {
  const file = isObject(part.file) ? part.file : {}
  const title = typeof file.filename === 'string' && file.filename !== '' ? { title: file.filename } : {}
  return {
    type: 'document',
    source: documentSource(file, param),
    ...title,
    ...extrasOfPart(part, DOCUMENT_EXTRAS),
  }
}

function documentSource({ file_id, file_data }: Fields, param: string): Fields {
  if (typeof file_id === 'string') return { type: 'file', file_id }
  if (typeof file_data !== 'string') throw cannotSay(param, 'a file needs file_data or file_id.')
  const data = readDataUrl(file_data)
  if (data?.mediaType.startsWith('text/')) {
    const text = textOfBase64(data.base64)
    if (text === undefined) throw cannotSay(param, 'its file_data is no UTF-8 text in base64.')
    return { type: 'text', media_type: 'text/plain', data: text }
  }
  if (data !== undefined && data.mediaType !== 'application/pdf') {
    throw cannotSay(
      param,
      `Anthropic's API takes PDF and plain text, no ${data.mediaType || 'untyped file'}.`,
    )
  }
  return sourceOf(file_data, param)
}

function sourceOf(url: string, param: string): Fields {
  const data = readDataUrl(url)
  if (data !== undefined) return { type: 'base64', media_type: data.mediaType, data: data.base64 }
  if (/^https?:/i.test(url)) return { type: 'url', url }
  throw cannotSay(param, 'send a URL that begins with https:, or a data: URL in base64.')
}
