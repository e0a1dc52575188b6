/** Attributes the input that a provider counted to the parts of the request: each by its share of what was sent. */
import { isObject } from '../openai/is-object.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { isInlineImage } from '../openai/request-media.ts'
import { isSystemRole } from '../openai/turns-of.ts'
import {
  addPiece,
  INPUT_PARTS,
  type InputPart,
  lastUserTurn,
  lengthOf,
  MESSAGE_CHARACTERS,
  type Sizes,
} from './part-sizes.ts'
import { addResponseParts } from './response-parts.ts'
import { INPUT_BUCKETS, type Tokens } from './tokens.ts'

/** Sizes in characters of text, or as many as would cost the same; parts that a request lacks are absent. */
export type PartSizes = Readonly<Partial<Record<InputPart, number>>>

type Message = Readonly<Record<string, unknown>>

/** Reads only lengths, so that it costs the same for long texts as for short ones. */
export function partSizes(request: CallerRequest): PartSizes {
  const sizes: Sizes = { system: 0, tools: 0, history: 0, last_user_turn: 0, images: 0, audio: 0 }
  if (request.endpoint === 'responses') addResponseParts(sizes, request)
  else addChatParts(sizes, request)
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

/** Of embeddings and legacy completions everything is the turn. */
function addChatParts(sizes: Sizes, { body, members }: CallerRequest): void {
  for (const name of ['tools', 'functions', 'response_format']) sizes.tools += lengthOfMember(members, name)
  if (Array.isArray(body.messages)) addMessages(sizes, body.messages)
  else {
    sizes.last_user_turn += lengthOfMember(members, 'input') + lengthOfMember(members, 'prompt')
    if (Array.isArray(body.input)) countImages(sizes, body.input)
  }
}

/** Inputs of embeddings, of which none is as long as it is written. */
function countImages(sizes: Sizes, input: readonly unknown[]): void {
  for (const image of input) {
    if (!isInlineImage(image)) continue
    sizes.last_user_turn -= image.length
    addPiece(sizes, 'images', { type: 'image' })
  }
}

function lengthOfMember(members: CallerRequest['members'], name: string): number {
  const member = members.get(name)
  return member === undefined ? 0 : member.valueEnd - member.valueStart
}

function addMessages(sizes: Sizes, messages: readonly unknown[]): void {
  const turn = lastUserTurn(messages)
  for (let index = 0; index < messages.length; index++) {
    const message: unknown = messages[index]
    if (!isObject(message)) continue
    const isSystem = isSystemRole(message.role)
    const inTurn = index >= turn.start && index < turn.end
    addMessage(sizes, isSystem ? 'system' : inTurn ? 'last_user_turn' : 'history', message)
  }
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
