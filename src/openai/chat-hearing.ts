/** Listens to an answer of chat, or of a legacy completion: its first choice. */
import type { HeardAnswer, HeardCall, Hearing } from './heard-answer.ts'
import { isFilled } from './is-filled.ts'
import { isObject } from './is-object.ts'
import { tokenMargins } from './token-margins.ts'

type Fields = Readonly<Record<string, unknown>>

export class ChatHearing implements Hearing {
  readonly heard: HeardAnswer & { calls: HeardCall[]; margins: number[] } = {
    text: '',
    refusal: '',
    calls: [],
    hasOther: false,
    finishReason: undefined,
    margins: [],
  }

  event(event: Fields): void {
    this.answer(event)
  }

  answer({ choices }: Fields): void {
    const first: unknown = Array.isArray(choices) ? choices.find(isFirst) : undefined
    if (!isObject(first)) return
    const part = first.delta ?? first.message
    if (isObject(part)) this.#take(part)
    else this.#addText(first.text)
    if (typeof first.finish_reason === 'string' && first.finish_reason !== '') {
      this.heard.finishReason = first.finish_reason
    }
    this.heard.margins.push(...tokenMargins(first.logprobs))
  }

  #take(part: Fields): void {
    this.#addText(part.content)
    if (typeof part.refusal === 'string') this.heard.refusal += part.refusal
    if (isObject(part.audio) || isFilled(part.images)) this.heard.hasOther = true
    if (isObject(part.function_call)) this.#addCall(0, part.function_call)
    if (!Array.isArray(part.tool_calls)) return
    for (const [place, call] of part.tool_calls.entries()) {
      if (!isObject(call)) continue
      const at = typeof call.index === 'number' ? call.index : place
      if (isObject(call.function)) this.#addCall(at, call.function)
      // What a custom tool takes is no JSON.
      else this.heard.hasOther = true
    }
  }

  #addText(content: unknown): void {
    if (typeof content === 'string') this.heard.text += content
    else if (Array.isArray(content)) {
      for (const part of content) {
        if (!isObject(part)) continue
        if (typeof part.text === 'string') this.heard.text += part.text
        else if (part.type === 'image_url') this.heard.hasOther = true
      }
    }
  }

  /** Servers choose the indexes of calls; nobody calls thousands. */
  #addCall(at: number, { name, arguments: said }: Fields): void {
    const { calls } = this.heard
    const place = Math.min(at, calls.length)
    const call = calls[place] ?? { name: '', arguments: '' }
    calls[place] = call
    if (typeof name === 'string') call.name += name
    if (typeof said === 'string') call.arguments += said
    else if (isObject(said)) call.arguments += JSON.stringify(said)
  }
}

function isFirst(choice: unknown): boolean {
  return isObject(choice) && (choice.index === 0 || choice.index === undefined)
}
