/** A chat or completion → the body of Triton's `/generate` (generate extension): members for its inputs, and parameters. */
import { Refused } from '../refused.ts'
import type { InputBinding, ServedModel } from '../served-model.ts'
import type { Asked } from '../task.ts'
import { promptOf } from './prompt.ts'

export interface GenerateRequest {
  body: Uint8Array
  prompt: string
  stop: readonly string[]
  stream: boolean
  maxTokens: number | undefined
}

/** What changes an answer, and no text model can be asked. */
const NOT_TAKEN = [
  'tools',
  'functions',
  'audio',
  'logprobs',
  'top_logprobs',
  'response_format',
  'suffix',
  'echo',
] as const

/** As Triton's vLLM backend takes them. */
const USUAL: readonly InputBinding[] = [
  ['text_input', 'prompt'],
  ['parameters.stream', 'stream'],
  ['parameters.max_tokens', 'max_tokens'],
  ['parameters.temperature', 'temperature'],
  ['parameters.top_p', 'top_p'],
  ['parameters.seed', 'seed'],
  ['parameters.stop', 'stop'],
].map(([name = '', from]) => ({ name, from, value: undefined, datatype: undefined, shape: [] }))

/** @throws Refused */
export function generateRequest({ endpoint, body }: Asked, model: ServedModel): GenerateRequest {
  refuseUntold(body)
  const { prompt, stop: ends } =
    endpoint === 'completions'
      ? { prompt: promptIn(body.prompt), stop: [] }
      : promptOf(body.messages, model.template)
  const stream = body.stream === true
  const stop = [...ends, ...stopIn(body.stop)]
  const maxTokens = body.max_completion_tokens ?? body.max_tokens
  const values: Readonly<Record<string, unknown>> = {
    ...body,
    prompt,
    stream,
    stop: stop.length === 0 ? undefined : stop,
    max_tokens: maxTokens,
  }
  const inputs = model.inputs.length === 0 ? USUAL : model.inputs
  const written = writtenBody(inputs, values)
  return {
    body: new TextEncoder().encode(JSON.stringify(written)),
    prompt,
    stop,
    stream,
    maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
  }
}

function writtenBody(
  inputs: readonly InputBinding[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  const parameters: Record<string, unknown> = {}
  for (const { name, from, value: constant } of inputs) {
    const value = from === undefined ? constant : values[from]
    if (value === undefined || value === null) continue
    if (name.startsWith('parameters.')) parameters[name.slice('parameters.'.length)] = value
    else written[name] = value
  }
  return Object.keys(parameters).length === 0 ? written : { ...written, parameters }
}

function refuseUntold(body: Asked['body']): void {
  for (const name of NOT_TAKEN) {
    const value = body[name]
    const isText = name === 'response_format' && (value as { type?: unknown } | null)?.type === 'text'
    const isNothing = value === undefined || value === null || value === false || isText
    if (!isNothing && !(Array.isArray(value) && value.length === 0))
      throw new Refused(400, `${name} must not be asked of this model, which takes and tells plain text.`, {
        param: name,
      })
  }
  if (typeof body.n === 'number' && body.n > 1)
    throw new Refused(400, 'n must be 1: this model tells one answer.', { param: 'n' })
}

function promptIn(prompt: unknown): string {
  const [only, ...others] = Array.isArray(prompt) ? prompt : [prompt]
  if (typeof only === 'string' && others.length === 0) return only
  throw new Refused(400, 'prompt must be one text.', { param: 'prompt' })
}

function stopIn(stop: unknown): readonly string[] {
  const list = Array.isArray(stop) ? stop : [stop]
  return list.filter((text): text is string => typeof text === 'string' && text !== '')
}
