/** Puts the blocks of Anthropic's stream together, and says each piece as a delta of chat. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'
import { FreeformInput } from './freeform-input.ts'
import { argumentsOfInput, inputOfArguments } from './tool-arguments.ts'

interface Assembled {
  block: Fields
  /** JSON text of the input so far, of tools that stream it. */
  inputText: string
  /** Place among the answer's tool calls; undefined for blocks that chat has no word for. */
  call: number | undefined
  /** Of a custom tool that Anthropic knows as a function. */
  input: FreeformInput | undefined
}

export class BlockAssembler {
  readonly #assembled = new Map<unknown, Assembled>()
  /** Names of the custom tools that Anthropic was told of as functions. */
  readonly #freeform: ReadonlySet<string>
  #calls = 0

  constructor(freeform: ReadonlySet<string>) {
    this.#freeform = freeform
  }

  /** The blocks so far, in their order. */
  list(): Fields[] {
    return [...this.#assembled.values()].map(({ block }) => block)
  }

  /** @param event `content_block_start`, `content_block_delta` or `content_block_stop` */
  take({ type, index, content_block: block, delta }: Fields): readonly Fields[] {
    if (type === 'content_block_start') return isObject(block) ? this.#start(index, block) : []
    const found = this.#assembled.get(index)
    if (found === undefined) return []
    if (type === 'content_block_stop') return stop(found)
    return isObject(delta) ? add(found, delta) : []
  }

  #start(index: unknown, block: Fields): readonly Fields[] {
    const isCall = block.type === 'tool_use'
    const call = isCall ? this.#calls++ : undefined
    const made: Assembled = { block: { ...block }, inputText: '', call, input: undefined }
    this.#assembled.set(index, made)
    if (isCall) {
      const { id, name } = block
      if (typeof name === 'string' && this.#freeform.has(name)) {
        made.input = new FreeformInput()
        return [callDelta(made, { id, type: 'custom', custom: { name, input: '' } })]
      }
      return [callDelta(made, { id, type: 'function', function: { name, arguments: '' } })]
    }
    if (block.type === 'text') return textDelta('content', block.text)
    return block.type === 'thinking' ? textDelta('reasoning_content', block.thinking) : []
  }
}

function add(found: Assembled, delta: Fields): readonly Fields[] {
  const { block } = found
  switch (delta.type) {
    case 'text_delta':
      block.text = `${block.text ?? ''}${delta.text ?? ''}`
      return textDelta('content', delta.text)
    case 'thinking_delta':
      block.thinking = `${block.thinking ?? ''}${delta.thinking ?? ''}`
      return textDelta('reasoning_content', delta.thinking)
    case 'signature_delta':
      block.signature = delta.signature
      return []
    case 'citations_delta':
      block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation]
      return []
    case 'input_json_delta':
      return addInput(found, delta.partial_json)
    default:
      return []
  }
}

function addInput(found: Assembled, text: unknown): readonly Fields[] {
  if (typeof text !== 'string' || text === '') return []
  found.inputText += text
  return argumentsDelta(found, text)
}

/** A call without arguments, or one whose server told its input at once. */
function stop(found: Assembled): readonly Fields[] {
  if (found.inputText !== '') {
    found.block.input = inputOfArguments(found.inputText)
    return restDelta(found)
  }
  return [...argumentsDelta(found, argumentsOfInput(found.block.input)), ...restDelta(found)]
}

function argumentsDelta(found: Assembled, text: string): readonly Fields[] {
  if (found.call === undefined) return []
  if (found.input === undefined) return [callDelta(found, { function: { arguments: text } })]
  return inputDelta(found, found.input.push(text))
}

function restDelta(found: Assembled): readonly Fields[] {
  return found.input === undefined ? [] : inputDelta(found, found.input.end())
}

function inputDelta(found: Assembled, input: string): readonly Fields[] {
  return input === '' ? [] : [callDelta(found, { custom: { input } })]
}

function callDelta({ call }: Assembled, part: Fields): Fields {
  return { tool_calls: [{ index: call, ...part }] }
}

function textDelta(name: 'content' | 'reasoning_content', text: unknown): readonly Fields[] {
  return typeof text === 'string' && text !== '' ? [{ [name]: text }] : []
}
