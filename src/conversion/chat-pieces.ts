/** What a chat message or a delta says, piece by piece, in the order in which a model says it. */
import { isObject } from '../openai/is-object.ts'

type Fields = Readonly<Record<string, unknown>>

export interface TextPiece {
  kind: 'reasoning' | 'text' | 'refusal'
  text: string
}

/** Reasoning, content and refusal; empty ones are left out. */
export function textPieces(message: Fields): TextPiece[] {
  const pieces: TextPiece[] = []
  // Some servers send the same reasoning under two names.
  add(pieces, 'reasoning', message.reasoning_content || message.reasoning)
  addContent(pieces, message.content)
  add(pieces, 'refusal', message.refusal)
  return pieces
}

/** Citations of web pages, with chat's nesting taken off; other kinds have no twin. */
export function citationsOf({ annotations }: Fields): Record<string, unknown>[] {
  if (!Array.isArray(annotations)) return []
  return annotations.flatMap((annotation: unknown) => {
    if (!isObject(annotation) || !isObject(annotation.url_citation)) return []
    const { url, title, start_index, end_index } = annotation.url_citation
    if (typeof url !== 'string') return []
    // Some servers cite without saying where.
    return [
      {
        type: 'url_citation',
        url,
        title: title ?? '',
        start_index: start_index ?? 0,
        end_index: end_index ?? 0,
      },
    ]
  })
}

/** Of a whole choice or of a chunk's. */
export function logprobsOf({ logprobs }: Fields): unknown[] {
  return isObject(logprobs) && Array.isArray(logprobs.content) ? logprobs.content : []
}

function addContent(pieces: TextPiece[], content: unknown): void {
  if (!Array.isArray(content)) return add(pieces, 'text', content)
  for (const part of content) {
    if (!isObject(part)) continue
    add(pieces, 'text', part.text)
    add(pieces, 'refusal', part.refusal)
    // Mistral's thinking is a list of texts within the content.
    const thinking = part.thinking
    if (Array.isArray(thinking)) for (const inner of thinking) addThinking(pieces, inner)
    else add(pieces, 'reasoning', thinking)
  }
}

function addThinking(pieces: TextPiece[], inner: unknown): void {
  if (isObject(inner)) add(pieces, 'reasoning', inner.text)
}

function add(pieces: TextPiece[], kind: TextPiece['kind'], text: unknown): void {
  if (typeof text === 'string' && text !== '') pieces.push({ kind, text })
}
