/** A whole response object in OpenAI's shape, for answers that did not come from its Responses API. */
import { isObject } from '../is-object.ts'

type Fields = Record<string, unknown>

export interface ResponseState {
  id: string
  /** Unix time in seconds. */
  createdAt: number
  /** The model that answered; the one asked for where it is not known yet. */
  model: string | undefined
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  output: readonly Fields[]
  /** In the Responses API's own words, see `ResponseUsage`; null until it is known. */
  usage: Fields | null
  serviceTier?: string | undefined
  incompleteReason?: 'max_output_tokens' | 'content_filter' | undefined
  error?: { code: string; message: string } | undefined
}

/**
 * What the request asked for is echoed, as OpenAI does, with OpenAI's defaults where it asked for nothing.
 * Only `store` says what is true here: nobody keeps this response.
 * @param request the parsed body of the caller's request
 */
export function responseObject(request: Readonly<Fields>, state: ResponseState): Fields {
  return {
    id: state.id,
    object: 'response',
    created_at: state.createdAt,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: state.model ?? (typeof request.model === 'string' ? request.model : ''),
    output: state.output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: reasoningOf(request.reasoning),
    safety_identifier: request.safety_identifier ?? null,
    service_tier: state.serviceTier ?? request.service_tier ?? 'auto',
    store: false,
    temperature: request.temperature ?? 1,
    text: textOf(request.text),
    tool_choice: request.tool_choice ?? 'auto',
    tools: Array.isArray(request.tools) ? request.tools.map(toolOf) : [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: state.usage,
    metadata: request.metadata ?? {},
    // Absent where it is unset: OpenAI's own type knows no null here.
    ...(typeof request.user === 'string' ? { user: request.user } : {}),
  }
}

function reasoningOf(reasoning: unknown): Fields {
  const asked = isObject(reasoning) ? reasoning : {}
  return { effort: asked.effort ?? null, summary: asked.summary ?? asked.generate_summary ?? null }
}

function textOf(text: unknown): Fields {
  const asked = isObject(text) ? text : {}
  return { ...asked, format: asked.format ?? { type: 'text' } }
}

/** Members that OpenAI always writes, and that its typed clients count on. */
function toolOf(tool: unknown): unknown {
  if (!isObject(tool) || tool.type !== 'function') return tool
  return { ...tool, parameters: tool.parameters ?? null, strict: tool.strict ?? false }
}
