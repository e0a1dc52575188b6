/** The parts that a request's input is attributed to, and how much each kind of piece weighs. */
import { soundSeconds } from '../media/sound-seconds.ts'
import { base64Source } from '../media/sound-source.ts'
import { isObject } from '../openai/is-object.ts'

export const INPUT_PARTS = ['system', 'tools', 'history', 'last_user_turn', 'images', 'audio'] as const

export type InputPart = (typeof INPUT_PARTS)[number]

/** In characters of text, or as many as would cost the same. */
export type Sizes = Record<InputPart, number>

/** Role and framing: about four tokens a message. */
export const MESSAGE_CHARACTERS = 16
/** An image is about a thousand tokens, however it is sent: an address says nothing of it, and base64 far too much. */
const IMAGE_CHARACTERS = 4000
/** Ten tokens. */
const SECOND_CHARACTERS = 40
/** Of a file whose head does not tell: WAV at 24 kHz, and MP3. */
const WAV_SECOND_BYTES = 48_000
const MP3_SECOND_BYTES = 15_000

/** The last run of user messages; what models and tools said after it is history already. */
export function lastUserTurn(messages: readonly unknown[]): { start: number; end: number } {
  let end = messages.length
  while (end > 0 && !isUser(messages[end - 1])) end--
  let start = end
  while (start > 0 && isUser(messages[start - 1])) start--
  return { start, end }
}

function isUser(message: unknown): boolean {
  return isObject(message) && message.role === 'user'
}

export function addPiece(sizes: Sizes, part: InputPart, piece: unknown): void {
  if (!isObject(piece)) return
  switch (piece.type) {
    case 'image_url':
    case 'input_image':
    case 'image':
      sizes.images += IMAGE_CHARACTERS
      break
    case 'input_audio':
    case 'audio_url':
    case 'audio': {
      const audio = piece.input_audio
      if (!isObject(audio)) break
      if (typeof audio.data !== 'string') break
      const usualBytes = audio.format === 'wav' ? WAV_SECOND_BYTES : MP3_SECOND_BYTES
      sizes.audio += soundSeconds(base64Source(audio.data), usualBytes) * SECOND_CHARACTERS
      break
    }
    default:
      sizes[part] += lengthOf(piece.text) + lengthOf(piece.refusal)
  }
}

export function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}
