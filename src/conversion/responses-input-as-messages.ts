/** Input items of a Responses request → chat messages: what a model said in one turn becomes one message. */
import { Failure } from '../errors.ts'
import { isObject } from '../openai/is-object.ts'
import { isMessage } from '../openai/responses/input-pieces.ts'
import type { MessageOrigin } from './callers-path.ts'
import type { Notes } from './converted.ts'
import { argumentsOfFreeform } from './freeform-tool.ts'
import { assistantParts, messageContent, outputContent, plainWhereOne } from './responses-content-as-chat.ts'
import type { ToldItems } from './told-items.ts'

type Fields = Record<string, unknown>

/** An assistant's message that may still grow: by calls of tools, mostly. */
interface Turn {
  reasoning: string
  parts: Fields[]
  calls: Fields[]
  origin: { at: string; content: string; parts: string[]; calls: string[] }
}

interface Conversed {
  messages: Fields[]
  /** Of each message. */
  origins: MessageOrigin[]
}

/**
 * @param input a text, or items
 * @param told what references among them may lead to
 * @throws Failure `invalid_request` with `param` for items that chat has no words for
 */
export function responsesInputAsMessages(
  input: unknown,
  notes: Notes,
  told: Pick<ToldItems, 'find'> | undefined,
): Conversed {
  if (typeof input === 'string') {
    return { messages: [{ role: 'user', content: input }], origins: [{ at: 'input', content: 'input' }] }
  }
  if (!Array.isArray(input)) {
    throw new Failure('invalid_request', "Missing required parameter: 'input'.", { param: 'input' })
  }
  const conversation = new Conversation(notes)
  input.forEach((item: unknown, index) => {
    const param = `input[${index}]`
    if (!isObject(item)) throw refusal(param, `\`${param}\` must be an object.`)
    conversation.add(isReference(item) ? referredTo(item, param, told) : item, param)
  })
  return conversation.end()
}

class Conversation {
  readonly #notes: Notes
  readonly #messages: Fields[] = []
  readonly #origins: MessageOrigin[] = []
  #turn: Turn | undefined

  constructor(notes: Notes) {
    this.#notes = notes
  }

  add(item: Readonly<Fields>, param: string): void {
    if (isMessage(item)) return this.#addMessage(item, param)
    switch (item.type) {
      case 'reasoning':
        return this.#addReasoning(item, param)
      case 'function_call':
        return this.#addCall(item, item.arguments, param)
      case 'custom_tool_call':
        return this.#addCall(item, argumentsOfFreeform(item.input), param)
      case 'function_call_output':
      case 'custom_tool_call_output':
        return this.#addOutput(item, param)
      default:
        throw refusal(
          param,
          `Chat has no item like \`${nameOf(item.type)}\`: leave it out, or ask a provider with a Responses API.`,
        )
    }
  }

  end(): Conversed {
    this.#close()
    return { messages: this.#messages, origins: this.#origins }
  }

  #addMessage(item: Readonly<Fields>, param: string): void {
    const place = { param: `${param}.content`, notes: this.#notes }
    if (item.role !== 'assistant') {
      this.#close()
      this.#messages.push({ role: roleOf(item.role, param), content: messageContent(item.content, place) })
      this.#origins.push({ at: param, content: place.param })
      return
    }
    if (item.phase !== undefined && item.phase !== null) {
      this.#notes.add('input[].phase', 'left out, chat does not tell commentary from answers.')
    }
    this.#closeAfterText()
    const { parts, origin } = this.#open(param)
    const said = assistantParts(item.content, place)
    parts.push(...said)
    origin.parts.push(...said.map((_, index) => `${place.param}[${index}]`))
  }

  #addReasoning(item: Readonly<Fields>, param: string): void {
    const text = textOf(item.content) || textOf(item.summary)
    if (typeof item.encrypted_content === 'string' && item.encrypted_content !== '') {
      this.#notes.add('input[].encrypted_content', 'left out, only the provider that wrote it can read it.')
    }
    if (text === '') return
    this.#closeAfterText()
    const turn = this.#open(param)
    turn.reasoning = turn.reasoning === '' ? text : `${turn.reasoning}\n\n${text}`
  }

  #addCall(item: Readonly<Fields>, args: unknown, param: string): void {
    if (typeof item.namespace === 'string') {
      this.#notes.add('input[].namespace', 'left out, chat knows tools by their name alone.')
    }
    const { calls, origin } = this.#open(param)
    origin.calls.push(param)
    calls.push({
      id: item.call_id,
      type: 'function',
      function: { name: item.name, arguments: args },
    })
  }

  #addOutput(item: Readonly<Fields>, param: string): void {
    if (typeof item.call_id !== 'string') {
      throw refusal(`${param}.call_id`, 'Chat needs the `call_id` of the call that an output belongs to.')
    }
    this.#close()
    const content = outputContent(item.output, { param: `${param}.output`, notes: this.#notes })
    this.#messages.push({ role: 'tool', tool_call_id: item.call_id, content })
    this.#origins.push({ at: param, content: `${param}.output` })
  }

  /** Text ends a message, but where it has calls: chat wants their outputs to follow at once, so it may only grow. */
  #closeAfterText(): void {
    const open = this.#turn
    if (open !== undefined && open.parts.length > 0 && open.calls.length === 0) this.#close()
  }

  #open(param: string): Turn {
    const origin = { at: param, content: `${param}.content`, parts: [], calls: [] }
    this.#turn ??= { reasoning: '', parts: [], calls: [], origin }
    return this.#turn
  }

  #close(): void {
    if (this.#turn !== undefined) {
      this.#messages.push(messageOf(this.#turn))
      this.#origins.push(this.#turn.origin)
    }
    this.#turn = undefined
  }
}

/** OpenAI lets its `type` be left out. */
function isReference({ type, id, role }: Readonly<Fields>): boolean {
  return type === 'item_reference' || (!type && role === undefined && typeof id === 'string')
}

function referredTo(
  { id }: Readonly<Fields>,
  param: string,
  told: Pick<ToldItems, 'find'> | undefined,
): Readonly<Fields> {
  const found = typeof id === 'string' ? told?.find(id) : undefined
  if (found !== undefined) return found
  throw refusal(
    param,
    `There is no item \`${nameOf(id)}\` to refer to, because the target of this request keeps none and trimtab keeps those of its own answers for an hour: send the item itself, as with \`store: false\`.`,
  )
}

function messageOf({ reasoning, parts, calls }: Turn): Fields {
  const [only] = parts
  const isRefusal = parts.length === 1 && only?.type === 'refusal'
  const message: Fields = { role: 'assistant', content: null }
  if (isRefusal) message.refusal = only?.refusal
  else if (parts.length > 0) message.content = plainWhereOne(parts)
  if (reasoning !== '') message.reasoning_content = reasoning
  if (calls.length > 0) message.tool_calls = calls
  // Chat wants one or the other, of a turn that broke off while the model was thinking as well.
  else if (parts.length === 0) message.content = ''
  return message
}

/** `developer` is told as `system`: to models they are the same, and many servers know only the older word. */
function roleOf(role: unknown, param: string): string {
  if (role === 'user' || role === 'system') return role
  if (role === 'developer') return 'system'
  throw refusal(
    `${param}.role`,
    `Chat has no role like \`${nameOf(role)}\`: use user, assistant, system or developer.`,
  )
}

function textOf(parts: unknown): string {
  if (!Array.isArray(parts)) return ''
  return parts
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .filter((text) => text !== '')
    .join('\n\n')
}

function nameOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 100) : 'without a type'
}

function refusal(param: string, sentence: string): Failure {
  return new Failure('invalid_request', sentence, { param })
}
