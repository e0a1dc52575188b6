/** One generated answer as OpenAI tells it, whole or in chunks. */
import type { Asked } from '../task.ts'
import type { Generated } from './generated.ts'

export interface Naming {
  endpoint: Asked['endpoint']
  id: string
  created: number
  model: string
}

export function namingOf({ endpoint, newId, nowSeconds }: Asked, model: string): Naming {
  const isChat = endpoint === 'chat/completions'
  return { endpoint, id: `${isChat ? 'chatcmpl' : 'cmpl'}-${newId()}`, created: nowSeconds, model }
}

export function wholeAnswer(
  { endpoint, id, created, model }: Naming,
  { text, finishReason = 'stop', usage }: Generated,
): object {
  const isChat = endpoint === 'chat/completions'
  const choice = isChat
    ? { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null }
    : { index: 0, text, logprobs: null }
  return {
    id,
    object: isChat ? 'chat.completion' : 'text_completion',
    created,
    model,
    choices: [{ ...choice, finish_reason: finishReason }],
    ...(usage === undefined ? {} : { usage }),
  }
}

/** `text` undefined: the first chunk, which says who speaks, or the last, which says why it ends. */
export function chunkOf(
  { endpoint, id, created, model }: Naming,
  { text, finishReason }: { text: string | undefined; finishReason: string | undefined },
): object {
  const finish_reason = finishReason ?? null
  if (endpoint !== 'chat/completions')
    return {
      id,
      object: 'text_completion',
      created,
      model,
      choices: [{ index: 0, text: text ?? '', logprobs: null, finish_reason }],
    }
  const first = { role: 'assistant', content: '' }
  const delta = text === undefined ? (finishReason === undefined ? first : {}) : { content: text }
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }]
  return { id, object: 'chat.completion.chunk', created, model, choices }
}

export function usageChunk({ endpoint, id, created, model }: Naming, usage: Generated['usage']): object {
  const object = endpoint === 'chat/completions' ? 'chat.completion.chunk' : 'text_completion'
  return { id, object, created, model, choices: [], usage }
}
