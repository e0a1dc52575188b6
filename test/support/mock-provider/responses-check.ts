/** Refuses what OpenAI's responses API refuses, in its words. */
import { isFields } from './chat-answer.ts'
import { checkModel, missing, notJson, type Refusal, refuse, type Strictness } from './check-request.ts'
import { refusedMember } from './openai-prompt-cache.ts'
import type { SeenRequest } from './seen-request.ts'

type Body = Readonly<Record<string, unknown>>

const MEMBERS = new Set(
  'model input instructions stream stream_options tools tool_choice parallel_tool_calls max_output_tokens max_tool_calls temperature top_p top_logprobs text reasoning store metadata user safety_identifier prompt_cache_key prompt_cache_options prompt_cache_retention service_tier truncation include previous_response_id conversation prompt background context_management client_metadata'.split(
    ' ',
  ),
)
const LEAST_OUTPUT_TOKENS = 16

/** @param kept ids of the responses that can be gone on with */
export function checkResponses(
  { body }: SeenRequest,
  strictness: Strictness,
  kept: ReadonlySet<string>,
): Refusal | undefined {
  if (body === undefined) return notJson()
  const unknown = Object.keys(body).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) {
    return refuse(400, `Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  }
  const untaken = strictness.promptCaches && refusedMember(body)
  if (untaken !== undefined)
    return refuse(400, `Unsupported parameter: '${untaken}'.`, untaken, 'unsupported_parameter')
  const model = body.model === undefined ? missing('model') : checkModel(body, strictness)
  return model ?? checkInput(body, kept) ?? checkBound(body) ?? checkTools(body)
}

function checkInput({ input, previous_response_id: previous }: Body, kept: ReadonlySet<string>) {
  if (typeof previous === 'string' && !kept.has(previous)) {
    const text = `Previous response with id '${previous}' not found.`
    return refuse(400, text, 'previous_response_id', 'previous_response_not_found')
  }
  if (input === undefined && previous === undefined) return missing('input')
  if (input === undefined || typeof input === 'string') return undefined
  if (!Array.isArray(input)) {
    return refuse(400, "Invalid type for 'input': expected a string or an array.", 'input', 'invalid_type')
  }
  const index = input.findIndex(
    (item) => !isFields(item) || (item.type === undefined && item.role === undefined),
  )
  return index < 0
    ? undefined
    : refuse(400, `Invalid value for 'input[${index}]'.`, `input[${index}]`, 'invalid_value')
}

function checkBound({ max_output_tokens: bound }: Body): Refusal | undefined {
  if (typeof bound !== 'number' || bound >= LEAST_OUTPUT_TOKENS) return undefined
  const text = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_OUTPUT_TOKENS}, but got ${bound} instead.`
  return refuse(400, text, 'max_output_tokens', 'integer_below_min_value')
}

/** Chat nests a function's name; here it stands beside its type. */
function checkTools({ tools }: Body): Refusal | undefined {
  if (!Array.isArray(tools)) return undefined
  const index = tools.findIndex((tool) => tool?.type === 'function' && tool.name === undefined)
  return index < 0 ? undefined : missing(`tools[${index}].name`)
}
