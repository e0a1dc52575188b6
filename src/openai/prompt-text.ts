/** The text of a request as a tokenizer is to be shown it: the pieces that are encoded one by one, up to a bound. */
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'

export interface PromptText {
  pieces: readonly string[]
  /** What frames the pieces, and tokens that the caller counted itself. */
  extraTokens: number
  /** Of the pieces, and of all that there is: the difference was left out, and is told from the rest. */
  keptCharacters: number
  characters: number
}

/**
 * OpenAI's own account of what a chat costs: each message three tokens beside its role and content, a name one more,
 * and three that open the answer. (OpenAI cookbook, "How to count tokens with tiktoken".)
 */
const TOKENS_PER_MESSAGE = 3
const TOKENS_PER_NAME = 1
const TOKENS_OF_ANSWER = 3

/** About sixteen thousand tokens of prose, which a tokenizer takes some 30 ms for. */
const MOST_CHARACTERS = 64 * 1024

const decoder = new TextDecoder()

/** Declarations (tools, a schema of the answer) count as their JSON does; how a model is shown them is its maker's secret. */
export function promptText(request: ModelRequest): PromptText {
  const draft = new Draft()
  for (const name of ['tools', 'functions', 'response_format']) {
    const member = request.members.get(name)
    if (member !== undefined) draft.addBytes(request.bytes.subarray(member.valueStart, member.valueEnd))
  }
  const { messages, input } = request.body
  if (Array.isArray(messages)) {
    draft.extraTokens += TOKENS_OF_ANSWER
    for (const message of messages) if (isObject(message)) addMessage(draft, message)
  } else addInput(draft, input)
  return draft
}

class Draft implements PromptText {
  readonly pieces: string[] = []
  extraTokens = 0
  keptCharacters = 0
  characters = 0

  add(text: unknown): void {
    if (typeof text !== 'string') return
    this.characters += text.length
    const room = MOST_CHARACTERS - this.keptCharacters
    if (room <= 0) return
    const kept = text.length <= room ? text : text.slice(0, room)
    this.pieces.push(kept)
    this.keptCharacters += kept.length
  }

  addBytes(bytes: Uint8Array): void {
    const room = Math.max(0, MOST_CHARACTERS - this.keptCharacters)
    this.add(decoder.decode(bytes.subarray(0, room)))
    this.characters += Math.max(0, bytes.length - room)
  }
}

function addMessage(draft: Draft, message: Readonly<Record<string, unknown>>): void {
  draft.extraTokens += TOKENS_PER_MESSAGE
  draft.add(message.role)
  if (typeof message.name === 'string') {
    draft.extraTokens += TOKENS_PER_NAME
    draft.add(message.name)
  }
  const { content, tool_calls: calls } = message
  draft.add(content)
  if (Array.isArray(content)) {
    for (const part of content) {
      if (!isObject(part)) continue
      draft.add(part.text)
      draft.add(part.refusal)
    }
  }
  if (!Array.isArray(calls)) return
  for (const call of calls) {
    const named = isObject(call) ? (call.function ?? call.custom) : undefined
    if (!isObject(named)) continue
    draft.add(named.name)
    draft.add(named.arguments)
    draft.add(named.input)
  }
}

/** Of embeddings: a text, texts, or tokens. */
function addInput(draft: Draft, input: unknown): void {
  if (!Array.isArray(input)) return draft.add(input)
  for (const one of input) {
    if (typeof one === 'number') draft.extraTokens++
    else addInput(draft, one)
  }
}
