/** Tells a whole chat answer as the stream that a caller asked for. */
import { isObject } from './is-object.ts'

type Fields = Record<string, unknown>

const encoder = new TextEncoder()
/** What every chunk repeats of its answer. */
const REPEATED = ['id', 'created', 'model', 'service_tier', 'system_fingerprint'] as const

/**
 * One chunk with the content of each choice, one with its finish reason, the usage chunk where it is wanted, and
 * `[DONE]`. Undefined where the bytes are no chat answer.
 */
export function answerAsStream(answer: Uint8Array, wantsUsage: boolean): Uint8Array | undefined {
  const body = parse(answer)
  if (body === undefined || !Array.isArray(body.choices)) return undefined
  const base: Fields = { object: 'chat.completion.chunk' }
  for (const name of REPEATED) if (body[name] !== undefined) base[name] = body[name]
  const chunks: Fields[] = body.choices.filter(isObject).flatMap((choice) => [
    {
      ...base,
      choices: [
        { index: choice.index ?? 0, delta: delta(choice.message), ...logprobs(choice), finish_reason: null },
      ],
    },
    {
      ...base,
      choices: [
        {
          ...ending(choice),
          index: choice.index ?? 0,
          delta: {},
          finish_reason: choice.finish_reason ?? 'stop',
        },
      ],
    },
  ])
  if (wantsUsage && isObject(body.usage)) chunks.push({ ...base, choices: [], usage: body.usage })
  return encoder.encode(
    `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
  )
}

/** A message as a delta: the same members, but that tool calls are told by their place. */
function delta(message: unknown): Fields {
  if (!isObject(message)) return {}
  const { tool_calls: calls, ...rest } = message
  if (!Array.isArray(calls)) return rest
  return { ...rest, tool_calls: calls.map((call, index) => ({ index, ...(isObject(call) ? call : {}) })) }
}

/** What providers add to a choice, vLLM's `stop_reason` for instance. */
function ending({ message: _, logprobs: __, ...rest }: Fields): Fields {
  return rest
}

function logprobs(choice: Fields): Fields {
  return isObject(choice.logprobs) ? { logprobs: choice.logprobs } : {}
}

function parse(bytes: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
