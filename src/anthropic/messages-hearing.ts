/** Listens to an answer of the Messages API. */
import type { HeardAnswer, HeardCall, Hearing } from '../openai/heard-answer.ts'
import { isObject } from '../openai/is-object.ts'
import { finishReasonOf } from './stop-reason.ts'

type Fields = Readonly<Record<string, unknown>>

export class MessagesHearing implements Hearing {
  readonly #calls = new Map<unknown, HeardCall>()
  #text = ''
  #hasOther = false
  #finishReason: string | undefined

  get heard(): HeardAnswer {
    return {
      text: this.#text,
      refusal: '',
      calls: [...this.#calls.values()],
      hasOther: this.#hasOther,
      finishReason: this.#finishReason,
      margins: [],
    }
  }

  event(event: Fields): void {
    switch (event.type) {
      case 'content_block_start':
        if (isObject(event.content_block)) this.#begin(event.index, event.content_block)
        break
      case 'content_block_delta':
        if (isObject(event.delta)) this.#go(event.index, event.delta)
        break
      case 'message_delta':
        if (isObject(event.delta)) this.#end(event.delta.stop_reason)
        break
    }
  }

  answer({ content, stop_reason: reason }: Fields): void {
    if (Array.isArray(content)) {
      for (const [at, block] of content.entries()) {
        if (!isObject(block)) continue
        this.#begin(at, block)
        const call = this.#calls.get(at)
        if (call !== undefined) call.arguments = JSON.stringify(block.input ?? {})
      }
    }
    this.#end(reason)
  }

  #begin(at: unknown, block: Fields): void {
    if (block.type === 'text') this.#text += textOf(block.text)
    else if (block.type === 'tool_use') this.#calls.set(at, { name: textOf(block.name), arguments: '' })
    else if (block.type !== 'thinking' && block.type !== 'redacted_thinking') this.#hasOther = true
  }

  #go(at: unknown, delta: Fields): void {
    this.#text += textOf(delta.text)
    const call = this.#calls.get(at)
    if (call !== undefined) call.arguments += textOf(delta.partial_json)
  }

  #end(reason: unknown): void {
    if (typeof reason === 'string' && reason !== '') this.#finishReason = finishReasonOf(reason)
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
