/** What `/generate` told, in the words of chat or of completions. */
import { isObject } from '../../../openai/is-object.ts'
import { parseLooseJson } from '../../../tensors/loose-json.ts'
import type { ServedModel } from '../served-model.ts'
import type { GenerateRequest } from './generate-request.ts'

export interface Generated {
  text: string
  finishReason: string | undefined
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | undefined
}

/** A message where it says that something went wrong, also after a 200; undefined where it is neither. */
export function readGenerated(
  text: string,
  { outputs }: Pick<ServedModel, 'outputs'>,
): Generated | string | undefined {
  const told = parseLooseJson(text)
  if (!isObject(told)) return undefined
  if (typeof told.error === 'string') return told.error
  const output = told[outputs.get('text') ?? 'text_output']
  const [first] = Array.isArray(output) ? output : [output]
  if (typeof first !== 'string') return undefined
  return { text: first, finishReason: reasonIn(told.finish_reason), usage: usageIn(told) }
}

/** What follows the prompt, where a backend repeats it, up to the first of the texts that end an answer. */
export function answerText(text: string, { prompt, stop }: Pick<GenerateRequest, 'prompt' | 'stop'>): string {
  const own = text.startsWith(prompt) ? text.slice(prompt.length) : text
  const ends = stop.map((end) => own.indexOf(end)).filter((at) => at !== -1)
  return own.slice(0, Math.min(own.length, ...ends))
}

/** TensorRT-LLM and vLLM count where they are asked to. */
function usageIn(told: Readonly<Record<string, unknown>>): Generated['usage'] {
  const prompt = countIn(told.num_input_tokens)
  const completion = countIn(told.num_output_tokens)
  if (prompt === undefined || completion === undefined) return undefined
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

function countIn(value: unknown): number | undefined {
  const [count] = Array.isArray(value) ? value : [value]
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined
}

function reasonIn(value: unknown): string | undefined {
  const [reason] = Array.isArray(value) ? value : [value]
  return reason === 'stop' || reason === 'length' ? reason : undefined
}
