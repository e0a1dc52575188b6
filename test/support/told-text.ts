/** The text that a caller was told, by the pieces of a stream or the whole answer of its endpoint. */
import type { Heard } from './ask.ts'
import { framesOf } from './frames.ts'

type CallersEndpoint = 'chat' | 'messages' | 'responses'
type Piece = Record<string, never>

const TEXTS: Readonly<Record<CallersEndpoint, (piece: Piece) => string>> = {
  chat: ({ choices = [] }) =>
    (choices as { delta?: Piece; message?: Piece }[])
      .map(({ delta, message }) => String((delta ?? message)?.content ?? ''))
      .join(''),
  messages: ({ delta, content = [] }) =>
    (delta as { text?: string } | undefined)?.text ??
    (content as { text: string }[]).map(({ text }) => text).join(''),
  responses: ({ type, delta, output = [] }) =>
    type === 'response.output_text.delta'
      ? String(delta)
      : (output as { content?: { text: string }[] }[])
          .flatMap(({ content = [] }) => content.map(({ text }) => text))
          .join(''),
}

export function toldText(endpoint: CallersEndpoint, isStream: boolean, heard: Heard): string {
  const pieces = isStream ? framesOf(heard).map(({ data }) => data) : [JSON.parse(heard.text)]
  return pieces.map((piece) => TEXTS[endpoint](piece as Piece)).join('')
}
