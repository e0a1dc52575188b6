/** Attributes the input that a provider counted to the parts of the request: each by its share of what was sent. */
import { isObject } from '../openai/is-object.ts'
import type { RequestBody } from '../openai/model-request.ts'
import { INPUT_BUCKETS, type Tokens } from './tokens.ts'

export const INPUT_PARTS = ['system', 'tools', 'history', 'last_user_turn', 'images', 'audio'] as const

export type InputPart = (typeof INPUT_PARTS)[number]

/** Sizes in characters of text, or as many as would cost the same; parts that a request lacks are absent. */
export type PartSizes = Readonly<Partial<Record<InputPart, number>>>

type Sizes = Record<InputPart, number>
type Message = Readonly<Record<string, unknown>>

/** Role and framing: about four tokens a message. */
const MESSAGE_CHARACTERS = 16
/** An image is about a thousand tokens, however it is sent: an address says nothing of it, and base64 far too much. */
const IMAGE_CHARACTERS = 4000
/** Ten tokens a second, of base64: 64 kB a second as WAV at 24 kHz, a third of that as MP3. */
const WAV_SHARE = 1 / 1600
const MP3_SHARE = 1 / 500

/** Reads only lengths, so that it costs the same for long texts as for short ones. */
export function partSizes(request: RequestBody): PartSizes {
  const sizes: Sizes = { system: 0, tools: 0, history: 0, last_user_turn: 0, images: 0, audio: 0 }
  for (const name of ['tools', 'functions', 'response_format']) {
    const member = request.members.get(name)
    if (member !== undefined) sizes.tools += member.valueEnd - member.valueStart
  }
  const { messages, input } = request.body
  if (Array.isArray(messages)) addMessages(sizes, messages)
  else if (input !== undefined) {
    const member = request.members.get('input')
    sizes.last_user_turn += member === undefined ? 0 : member.valueEnd - member.valueStart
  }
  const stated: Partial<Sizes> = {}
  for (const part of INPUT_PARTS) if (sizes[part] > 0) stated[part] = Math.ceil(sizes[part])
  return stated
}

/**
 * Tokens by part; they sum to the input that the provider counted.
 * Images and audio take what it counted of them, where it did, and their estimated share elsewhere.
 */
export function attributeInput(sizes: PartSizes, tokens: Tokens): Record<InputPart, number> {
  const parts: Sizes = { system: 0, tools: 0, history: 0, last_user_turn: 0, images: 0, audio: 0 }
  let left = 0
  for (const bucket of INPUT_BUCKETS) left += tokens[bucket]
  const counted = { images: tokens.image_in, audio: tokens.audio_in }
  const shares: InputPart[] = []
  let whole = 0
  for (const part of INPUT_PARTS) {
    const known = part === 'images' || part === 'audio' ? counted[part] : 0
    if (known > 0) {
      parts[part] = known
      left -= known
    } else {
      const size = sizes[part] ?? 0
      if (size === 0) continue
      shares.push(part)
      whole += size
    }
  }
  // Each takes its share of what is left to it and to those after it, so that nothing is lost to rounding.
  for (const part of shares) {
    const size = sizes[part] ?? 0
    const share = Math.round((left * size) / whole)
    parts[part] += share
    left -= share
    whole -= size
  }
  // A request whose text nobody saw: hand everything to the turn that caused it.
  parts.last_user_turn += left
  return parts
}

function addMessages(sizes: Sizes, messages: readonly unknown[]): void {
  const turn = lastUserTurn(messages)
  for (let index = 0; index < messages.length; index++) {
    const message: unknown = messages[index]
    if (!isObject(message)) continue
    const isSystem = message.role === 'system' || message.role === 'developer'
    const inTurn = index >= turn.start && index < turn.end
    addMessage(sizes, isSystem ? 'system' : inTurn ? 'last_user_turn' : 'history', message)
  }
}

/** The last run of user messages; what models and tools said after it is history already. */
function lastUserTurn(messages: readonly unknown[]): { start: number; end: number } {
  let end = messages.length
  while (end > 0 && !isUser(messages[end - 1])) end--
  let start = end
  while (start > 0 && isUser(messages[start - 1])) start--
  return { start, end }
}

function isUser(message: unknown): boolean {
  return isObject(message) && message.role === 'user'
}

function addMessage(sizes: Sizes, part: InputPart, message: Message): void {
  sizes[part] += MESSAGE_CHARACTERS
  const { content, tool_calls: calls } = message
  if (typeof content === 'string') sizes[part] += content.length
  else if (Array.isArray(content)) for (const piece of content) addPiece(sizes, part, piece)
  if (!Array.isArray(calls)) return
  for (const call of calls) {
    const named = isObject(call) ? (call.function ?? call.custom) : undefined
    if (isObject(named))
      sizes[part] += lengthOf(named.name) + lengthOf(named.arguments) + lengthOf(named.input)
  }
}

function addPiece(sizes: Sizes, part: InputPart, piece: unknown): void {
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
      sizes.audio += lengthOf(audio.data) * (audio.format === 'wav' ? WAV_SHARE : MP3_SHARE)
      break
    }
    default:
      sizes[part] += lengthOf(piece.text) + lengthOf(piece.refusal)
  }
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}
