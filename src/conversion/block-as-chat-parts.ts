/** One of Anthropic's content blocks of a user or a tool → parts of a chat message. */
import { isObject } from '../openai/is-object.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { dataUrl } from './data-url.ts'
import { DOCUMENT_EXTRAS, extraMembers, IMAGE_EXTRAS, TEXT_EXTRAS } from './extra-members.ts'

/**
 * One part, but for documents made of blocks.
 * @param param where the block stands, for failures
 * @throws Failure `invalid_request` for what chat cannot be told
 */
export function blockAsChatParts(block: unknown, param: string, notes: Notes): Fields[] {
  if (!isObject(block)) throw cannotSay(param, 'a content block is an object with a type.')
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: block.text, ...extraMembers(block, TEXT_EXTRAS) }]
    case 'image':
      return [imagePart(block, param)]
    case 'document':
      return documentParts(block, param, notes)
    case 'search_result':
      notes.add('search_result', 'said as text.')
      return searchResultParts(block)
    case 'tool_reference':
      notes.add('tool_reference', 'said as text.')
      return [{ type: 'text', text: String(block.tool_name) }]
    default:
      throw cannotSay(param, `a chat model takes no content of type ${JSON.stringify(block.type ?? null)}.`)
  }
}

function imagePart(block: Fields, param: string): Fields {
  const url = urlOf(block.source)
  if (url === undefined) throw cannotSay(param, 'send the image in base64 or by its URL.')
  return { type: 'image_url', image_url: { url }, ...extraMembers(block, IMAGE_EXTRAS) }
}

function documentParts(block: Fields, param: string, notes: Notes): Fields[] {
  const source = isObject(block.source) ? block.source : {}
  const extras = extraMembers(block, DOCUMENT_EXTRAS)
  const title = typeof block.title === 'string' ? block.title : undefined
  if (source.type === 'text') {
    const document = title === undefined ? {} : { title }
    return [{ type: 'text', text: source.data, document, ...extras }]
  }
  if (source.type === 'content') {
    notes.add('document', 'its content was said as parts of the message.')
    const content =
      typeof source.content === 'string' ? [{ type: 'text', text: source.content }] : source.content
    return listOf(content).flatMap((inner) => blockAsChatParts(inner, param, notes))
  }
  const filename = title === undefined ? {} : { filename: title }
  if (source.type === 'file')
    return [{ type: 'file', file: { ...filename, file_id: source.file_id }, ...extras }]
  const url = urlOf(source)
  if (url === undefined) throw cannotSay(param, 'send the document in base64, by its URL or as text.')
  return [{ type: 'file', file: { ...filename, file_data: url }, ...extras }]
}

function searchResultParts({ title, source, content }: Fields): Fields[] {
  const texts = listOf(content).map((inner) => (isObject(inner) ? String(inner.text ?? '') : ''))
  return [{ type: 'text', text: [String(title ?? ''), String(source ?? ''), ...texts].join('\n') }]
}

function urlOf(source: unknown): string | undefined {
  if (!isObject(source)) return undefined
  if (source.type === 'url' && typeof source.url === 'string') return source.url
  const { media_type: mediaType, data: base64 } = source
  if (source.type !== 'base64' || typeof mediaType !== 'string' || typeof base64 !== 'string')
    return undefined
  return dataUrl({ mediaType, base64 })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
