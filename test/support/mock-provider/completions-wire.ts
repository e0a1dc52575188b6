/** Answers of the older completions endpoint: those of chat, with text in the place of messages. */
import { type Said, textOf } from './chat-answer.ts'
import { DONE_FRAME, event, type Identity } from './chat-wire.ts'

type Body = Readonly<Record<string, unknown>>

export function completionsAsked(body: Body): Body {
  return { ...body, messages: [{ role: 'user', content: body.prompt }], tools: undefined }
}

export function textCompletionJson(said: Said, identity: Identity): string {
  const choices = said.choices.map((choice, index) => ({
    text: textOf(choice),
    index,
    logprobs: null,
    finish_reason: choice.finishReason,
  }))
  return JSON.stringify({ ...head(identity), choices, usage: said.usage })
}

export function textCompletionFrames(said: Said, identity: Identity, includeUsage: boolean): string[] {
  const chunk = (choices: unknown, usage: unknown = null) =>
    event({ ...head(identity), choices, ...(includeUsage ? { usage } : {}) })
  const frames = said.choices.flatMap((choice, index) => {
    const piece = (text: string, finish_reason: string | null) =>
      chunk([{ text, index, logprobs: null, finish_reason }])
    return [...choice.pieces.map((text) => piece(text, null)), piece('', choice.finishReason)]
  })
  return [...frames, ...(includeUsage ? [chunk([], said.usage)] : []), DONE_FRAME]
}

function head({ id, created, model }: Identity) {
  return { id: id.replace('chatcmpl', 'cmpl'), object: 'text_completion', created, model }
}
