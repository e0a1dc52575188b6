/** What a request carries besides text: kinds of media, and the bytes that they take of its body. */
import { isObject } from './is-object.ts'
import { piecesOf } from './responses/input-pieces.ts'

type MediaKind = 'image' | 'audio' | 'video' | 'file'

export interface RequestMedia {
  kinds: readonly MediaKind[]
  /** Length of what media are written as: base64, mostly, and so one byte a character. */
  bytes: number
}

const KIND_OF_PART: Readonly<Record<string, MediaKind>> = {
  image_url: 'image',
  input_image: 'image',
  image: 'image',
  input_audio: 'audio',
  audio: 'audio',
  audio_url: 'audio',
  video_url: 'video',
  file: 'file',
  input_file: 'file',
  document: 'file',
}

const NO_MEDIA: RequestMedia = { kinds: [], bytes: 0 }

/** Looks at parts alone, so that a request of plain texts costs one comparison a message. */
export function requestMedia(body: Readonly<Record<string, unknown>>): RequestMedia {
  const messages = body.messages ?? body.input
  if (!Array.isArray(messages)) return NO_MEDIA
  let kinds: Set<MediaKind> | undefined
  let bytes = 0
  for (const message of messages) {
    if (!isObject(message)) {
      if (!isInlineImage(message)) continue
      kinds ??= new Set()
      kinds.add('image')
      bytes += message.length
      continue
    }
    for (const part of piecesOf(message)) {
      const kind = kindOf(part)
      if (kind === undefined) continue
      kinds ??= new Set()
      kinds.add(kind)
      bytes += charactersOf(part)
    }
  }
  return kinds === undefined ? NO_MEDIA : { kinds: [...kinds], bytes }
}

/** Among inputs of embeddings. */
export function isInlineImage(input: unknown): input is string {
  return typeof input === 'string' && input.startsWith('data:image/')
}

function kindOf(part: unknown): MediaKind | undefined {
  if (!isObject(part) || typeof part.type !== 'string') return undefined
  return Object.hasOwn(KIND_OF_PART, part.type) ? KIND_OF_PART[part.type] : undefined
}

/** Characters of a media part: dialects keep the payload in the part or one level below, under names of their own. */
function charactersOf(part: unknown): number {
  let characters = 0
  if (!isObject(part)) return 0
  for (const key in part) {
    const value = part[key]
    if (typeof value === 'string') characters += value.length
    else if (isObject(value))
      for (const inner in value) {
        const text = value[inner]
        if (typeof text === 'string') characters += text.length
      }
  }
  return characters
}
