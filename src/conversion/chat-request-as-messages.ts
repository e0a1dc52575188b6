/** A chat request → the messages request that asks the same of Anthropic's API. */
import { type MessagesModelFacts, messagesModelFacts } from '../anthropic/model-facts.ts'
import { isObject } from '../openai/is-object.ts'
import { chatMessagesAsTurns } from './chat-messages-as-turns.ts'
import { chatSamplingAsMessages } from './chat-sampling-as-messages.ts'
import { chatThinkingAsMessages, type Thinking } from './chat-thinking-as-messages.ts'
import { chatToolsAsMessages } from './chat-tools-as-messages.ts'
import { type Converted, cannotSay, type Fields, Notes, saysNothing } from './converted.ts'

export interface ChatRequestOptions {
  /** Tokens of an answer whose caller states no bound: Anthropic asks for one. Thinking comes on top. */
  defaultMaxTokens: number
}

/** Read elsewhere here, or of no meaning to Anthropic: its streams always tell their usage. */
const HANDLED = new Set(
  `model messages max_tokens max_completion_tokens stream stream_options temperature top_p top_k stop tools tool_choice
  parallel_tool_calls reasoning_effort thinking response_format service_tier user safety_identifier n cache_control
  modalities functions function_call`.split(/\s+/),
)

/**
 * @param body with the model that is to be asked: what it takes decides how thinking and sampling are said
 * @throws Failure `invalid_request` with `param` for what cannot be asked of Anthropic
 */
export function chatRequestAsMessages(body: Fields, options: ChatRequestOptions): Converted {
  refuse(body)
  const notes = new Notes()
  const facts = messagesModelFacts(typeof body.model === 'string' ? body.model : '')
  const { system, messages } = chatMessagesAsTurns(listOf(body.messages), facts.systemWithin, notes)
  const tools = chatToolsAsMessages(body, messages, notes)
  const bound = countOf(body.max_completion_tokens) ?? countOf(body.max_tokens)
  const thinking = thinkingFor(body, facts, bound, tools, messages, notes)
  const thinks = thinking.thinking?.type === 'enabled' || thinking.thinking?.type === 'adaptive'
  const said: Fields = { model: body.model, max_tokens: bound ?? unstatedBound(options, thinking) }
  if (system !== undefined) said.system = system
  said.messages = messages
  Object.assign(said, tools, outputConfig(body, thinking, notes))
  if (thinking.thinking !== undefined) said.thinking = thinking.thinking
  Object.assign(said, chatSamplingAsMessages(body, facts, thinks, notes), stopSequences(body, notes))
  Object.assign(said, serviceTier(body, notes))
  const user = body.user ?? body.safety_identifier
  if (typeof user === 'string' && user !== '') said.metadata = { user_id: user }
  if (isObject(body.cache_control)) said.cache_control = body.cache_control
  if (typeof body.stream === 'boolean') said.stream = body.stream
  for (const [name, value] of Object.entries(body)) {
    if (!HANDLED.has(name) && !saysNothing(value)) notes.add(name, "left out, Anthropic's API has none.")
  }
  return { body: said, notes: notes.list() }
}

/** Where the caller would miss something in the answer, as `parameter-rule.ts` has it for other targets. */
function refuse({ n, functions, function_call, modalities, logprobs, web_search_options }: Fields): void {
  if (typeof n === 'number' && n > 1) throw cannotSay('n', 'Anthropic gives one answer; ask for one.')
  if (listOf(functions).length > 0 || isObject(function_call)) {
    throw cannotSay('functions', 'send tools, which took their place.')
  }
  if (!saysNothing(logprobs)) throw cannotSay('logprobs', 'it tells no probabilities of tokens.')
  if (!saysNothing(web_search_options)) throw cannotSay('web_search_options', 'it searches nothing here.')
  if (listOf(modalities).includes('audio')) throw cannotSay('modalities', 'Anthropic answers in text.')
}

function thinkingFor(
  body: Fields,
  facts: MessagesModelFacts,
  bound: number | undefined,
  { tool_choice }: Fields,
  turns: readonly Fields[],
  notes: Notes,
): Thinking {
  const forced = isObject(tool_choice) && (tool_choice.type === 'any' || tool_choice.type === 'tool')
  const wanted = chatThinkingAsMessages(body, facts, bound, forced, notes)
  if (wanted.thinking?.type !== 'enabled' || !lacksThinking(turns)) return wanted
  notes.add(
    'reasoning_effort',
    'no thinking was asked for, its blocks of before are missing from a call of a tool.',
  )
  return { ...wanted, thinking: undefined }
}

/** With a budget of thinking, a turn whose call is being answered must begin with the thinking that led to it. */
function lacksThinking(turns: readonly Fields[]): boolean {
  const last = turns.at(-1)
  const call = turns.at(-2)
  const answers = listOf(last?.content).some((block) => isObject(block) && block.type === 'tool_result')
  const [first] = listOf(call?.content)
  return answers && isObject(first) && first.type !== 'thinking' && first.type !== 'redacted_thinking'
}

function unstatedBound({ defaultMaxTokens }: ChatRequestOptions, { thinking }: Thinking): number {
  return defaultMaxTokens + (countOf(thinking?.budget_tokens) ?? 0)
}

function outputConfig({ response_format: format }: Fields, { effort }: Thinking, notes: Notes): Fields {
  const said: Fields = effort === undefined ? {} : { effort }
  if (isObject(format) && format.type === 'json_schema' && isObject(format.json_schema)) {
    said.format = { type: 'json_schema', schema: format.json_schema.schema ?? { type: 'object' } }
  } else if (isObject(format) && format.type !== 'text') {
    notes.add('response_format', "left out, Anthropic's API has no JSON without a schema.")
  }
  return Object.keys(said).length === 0 ? {} : { output_config: said }
}

/** Anthropic refuses sequences of white space alone. */
function stopSequences({ stop }: Fields, notes: Notes): Fields {
  const given = typeof stop === 'string' ? [stop] : listOf(stop)
  const kept = given.filter((sequence) => typeof sequence === 'string' && sequence.trim() !== '')
  if (kept.length < given.length)
    notes.add('stop', 'white space was left out, which Anthropic does not stop at.')
  return kept.length === 0 ? {} : { stop_sequences: kept }
}

function serviceTier({ service_tier: tier }: Fields, notes: Notes): Fields {
  if (tier === 'auto') return { service_tier: 'auto' }
  if (tier === 'default') return { service_tier: 'standard_only' }
  if (tier !== undefined && tier !== null)
    notes.add('service_tier', "left out, Anthropic's API has no such tier.")
  return {}
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
