/** The events by which the Responses API tells a text: one form for each kind of part. */

type Fields = Record<string, unknown>

/** An event without its `sequence_number`, which is 0 until it is sent. */
export type Emit = (event: Fields) => void

interface PartPlace {
  itemId: string
  outputIndex: number
  partIndex: number
}

/** How a part of one kind begins, grows and ends. */
export interface TextForm {
  /** Empty, as it begins. */
  part(): Fields
  add(part: Fields, text: string, logprobs: readonly unknown[]): void
  added(at: PartPlace, part: Fields): Fields
  delta(at: PartPlace, text: string, logprobs: readonly unknown[]): Fields
  done(at: PartPlace, part: Fields): Fields[]
}

export const messageText: TextForm = {
  part: () => ({ type: 'output_text', text: '', annotations: [], logprobs: [] }),
  add(part, text, logprobs) {
    part.text += text
    if (logprobs.length > 0) (part.logprobs as unknown[]).push(...logprobs)
  },
  added: contentAdded,
  // Spelled out, as most events of a stream are these.
  delta: ({ itemId, outputIndex, partIndex }, text, logprobs) => ({
    type: 'response.output_text.delta',
    sequence_number: 0,
    item_id: itemId,
    output_index: outputIndex,
    content_index: partIndex,
    delta: text,
    logprobs,
  }),
  done: (at, part) => [
    { ...content('response.output_text.done', at), text: part.text, logprobs: part.logprobs },
    { ...content('response.content_part.done', at), part },
  ],
}

export function citationAdded(at: PartPlace, index: number, annotation: Fields): Fields {
  const place = content('response.output_text.annotation.added', at)
  return { ...place, annotation_index: index, annotation }
}

export const refusalText: TextForm = {
  part: () => ({ type: 'refusal', refusal: '' }),
  add(part, text) {
    part.refusal += text
  },
  added: contentAdded,
  delta: (at, text) => ({ ...content('response.refusal.delta', at), delta: text }),
  done: (at, part) => [
    { ...content('response.refusal.done', at), refusal: part.refusal },
    { ...content('response.content_part.done', at), part },
  ],
}

export const reasoningText: TextForm = {
  part: () => ({ type: 'reasoning_text', text: '' }),
  add: addText,
  added: contentAdded,
  delta: (at, text) => ({ ...content('response.reasoning_text.delta', at), delta: text }),
  done: (at, part) => [
    { ...content('response.reasoning_text.done', at), text: part.text },
    { ...content('response.content_part.done', at), part },
  ],
}

export const reasoningSummary: TextForm = {
  part: () => ({ type: 'summary_text', text: '' }),
  add: addText,
  added: (at, part) => ({ ...summary('response.reasoning_summary_part.added', at), part }),
  delta: (at, text) => ({ ...summary('response.reasoning_summary_text.delta', at), delta: text }),
  done: (at, part) => [
    { ...summary('response.reasoning_summary_text.done', at), text: part.text },
    { ...summary('response.reasoning_summary_part.done', at), part },
  ],
}

function addText(part: Fields, text: string): void {
  part.text += text
}

function contentAdded(at: PartPlace, part: Fields): Fields {
  return { ...content('response.content_part.added', at), part }
}

function content(type: string, { itemId, outputIndex, partIndex }: PartPlace): Fields {
  return { type, sequence_number: 0, item_id: itemId, output_index: outputIndex, content_index: partIndex }
}

function summary(type: string, { itemId, outputIndex, partIndex }: PartPlace): Fields {
  return { type, sequence_number: 0, item_id: itemId, output_index: outputIndex, summary_index: partIndex }
}
