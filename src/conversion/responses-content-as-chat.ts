/** Content of Responses messages and of tools' outputs → chat's content parts. */
import { Failure } from '../errors.ts'
import { isObject } from '../openai/is-object.ts'
import type { Notes } from './converted.ts'

type Fields = Record<string, unknown>

/** Where a content stands, for messages: `input[2]`. */
interface Place {
  param: string
  notes: Notes
}

/** Details that chat can ask an image to be seen in. */
const DETAILS = new Set<unknown>(['auto', 'low', 'high'])

/** Of a user's, a system's or a developer's message: a string where text is all there is. */
export function messageContent(content: unknown, place: Place): unknown {
  return plainWhereOne(parts(content, place).map((part) => inputPart(part.value, part.param, place.notes)))
}

/** Of a tool: chat lets it answer in text alone. */
export function outputContent(output: unknown, place: Place): unknown {
  const pieces = parts(output, place).map(({ value, param }) => {
    if (isText(value)) return textPart(value)
    throw refusal(param, 'Chat lets a tool answer in text alone: send images and files in a user message.')
  })
  return pieces.length === 0 ? '' : plainWhereOne(pieces)
}

/** Text and refusals of an assistant's message, as chat's parts. */
export function assistantParts(content: unknown, place: Place): Fields[] {
  return parts(content, place).map(({ value, param }) => {
    if (isText(value)) return textPart(value)
    if (value.type === 'refusal') return { type: 'refusal', refusal: value.refusal }
    throw unknownPart(value, param)
  })
}

/** One text as a string, because some servers know nothing else. */
export function plainWhereOne(pieces: readonly Fields[]): unknown {
  const [only] = pieces
  const isPlain = pieces.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  return isPlain ? only?.text : pieces
}

function parts(content: unknown, { param }: Place): { value: Readonly<Fields>; param: string }[] {
  if (typeof content === 'string') return [{ value: { type: 'input_text', text: content }, param }]
  if (!Array.isArray(content)) throw refusal(param, `\`${param}\` must be a string or a list of parts.`)
  return content.map((value: unknown, index) => {
    const at = `${param}[${index}]`
    if (!isObject(value)) throw refusal(at, `\`${at}\` must be an object.`)
    return { value, param: at }
  })
}

function inputPart(part: Readonly<Fields>, param: string, notes: Notes): Fields {
  if (isText(part)) return textPart(part)
  switch (part.type) {
    case 'input_image':
      return imagePart(part, param, notes)
    case 'input_file':
      return filePart(part, param, notes)
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio, ...breakpoint(part) }
    default:
      throw unknownPart(part, param)
  }
}

function imagePart(part: Readonly<Fields>, param: string, notes: Notes): Fields {
  if (typeof part.image_url !== 'string') {
    throw refusal(
      param,
      'Chat cannot show an image by its file id: send `image_url`, an address or a data URL.',
    )
  }
  const image: Fields = { url: part.image_url }
  if (DETAILS.has(part.detail)) image.detail = part.detail
  else if (part.detail !== undefined && part.detail !== null) {
    notes.add(`input_image.detail: ${part.detail}`, 'left out, chat knows only auto, low and high.')
  }
  return { type: 'image_url', image_url: image, ...breakpoint(part) }
}

function filePart(part: Readonly<Fields>, param: string, notes: Notes): Fields {
  if (typeof part.file_url === 'string') {
    throw refusal(param, 'Chat cannot fetch a file from `file_url`: send its content in `file_data`.')
  }
  if (part.detail !== undefined) notes.add('input_file.detail', 'left out, chat has nothing like it.')
  const file: Fields = {}
  for (const name of ['filename', 'file_data', 'file_id']) {
    if (part[name] !== undefined && part[name] !== null) file[name] = part[name]
  }
  return { type: 'file', file, ...breakpoint(part) }
}

function textPart(part: Readonly<Fields>): Fields {
  return { type: 'text', text: part.text, ...breakpoint(part) }
}

/** Where a prompt's cached part ends: both APIs mark it alike. */
function breakpoint({ prompt_cache_breakpoint: mark }: Readonly<Fields>): Fields {
  return mark === undefined ? {} : { prompt_cache_breakpoint: mark }
}

function isText(part: Readonly<Fields>): boolean {
  const isKind = part.type === 'input_text' || part.type === 'output_text' || part.type === 'text'
  return isKind && typeof part.text === 'string'
}

function unknownPart(part: Readonly<Fields>, param: string): Failure {
  const type = typeof part.type === 'string' ? part.type : 'without a type'
  return refusal(param, `Chat has no content like \`${type}\`.`)
}

function refusal(param: string, sentence: string): Failure {
  return new Failure('invalid_request', sentence, { param })
}
