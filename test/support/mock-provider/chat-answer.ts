/** What the mock says to a chat request: a function of the request alone, so that a test can know it beforehand. */
import { type Counted, counted, countFor } from './counted.ts'
import { jsonSample } from './json-sample.ts'
import { type Sureness, scriptedArguments, scriptedText, surenessOf } from './scripted-words.ts'
import { shapeOf, type UsageShape } from './usage-shapes.ts'

type Body = Readonly<Record<string, unknown>>
type Fields = Readonly<Record<string, unknown>>

interface SaidToolCall {
  id: string
  name: string
  arguments: string
}

export interface SaidChoice {
  /** As a stream sends it, one piece an event; empty where tools are called. */
  pieces: readonly string[]
  toolCalls: readonly SaidToolCall[]
  finishReason: 'stop' | 'length' | 'tool_calls'
}

export interface Said {
  choices: readonly SaidChoice[]
  /** What was counted; `usage` is that in the words of OpenAI. */
  counted: Counted
  usage: ChatUsage
  /** Whose words the wire has instead; undefined: `usage`. */
  shape: UsageShape | undefined
  /** Milliseconds between a stream's events. */
  paceMs: number
  /** Undefined where the probabilities of tokens were not asked for. */
  sureness: Sureness | undefined
}

interface ChatUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details: { cached_tokens: number; audio_tokens: number }
  completion_tokens_details: {
    reasoning_tokens: number
    audio_tokens: number
    accepted_prediction_tokens: number
    rejected_prediction_tokens: number
  }
}

/**
 * Models that steer the answer: `paced-64-10` says 64 pieces 10 ms apart, `sized-1200` says 1,200 bytes, `says-refusal`
 * and its kin do not answer well.
 * Otherwise tools are called where declared, a schema is satisfied, and else the user's text is echoed; slowly, where
 * it holds that word.
 */
export function answerChat(body: Body): Said {
  const model = String(body.model)
  const paced = /paced-(\d+)-(\d+)$/.exec(model)
  const whole = wordsFor(body, model, paced ? Number(paced[1]) : undefined)
  const count = typeof body.n === 'number' ? body.n : 1
  const choices = Array.from({ length: count }, () => whole)
  const usage = usageOf(body, model, choices)
  const paceMs = paced ? Number(paced[2]) : /\bslowly\b/.test(lastText(body)) ? 3 : 0
  return { choices, usage, paceMs, sureness: surenessOf(body), ...countedOf(body, choices, usage) }
}

/** The whole text of a choice. */
export function textOf(choice: SaidChoice): string {
  return choice.pieces.join('')
}

function countedOf(
  body: Body,
  choices: readonly SaidChoice[],
  usage: ChatUsage,
): Pick<Said, 'counted' | 'shape'> {
  const shape = shapeOf(String(body.model))
  const spoken = choices.reduce((sum, choice) => sum + spokenTokens(choice), 0)
  if (shape !== undefined) return { shape, counted: countFor(lastText(body), spoken, shape.knows) }
  const { cached_tokens, audio_tokens } = usage.prompt_tokens_details
  const { reasoning_tokens } = usage.completion_tokens_details
  return {
    shape,
    counted: counted({
      input: usage.prompt_tokens - cached_tokens - audio_tokens,
      cache_read: cached_tokens,
      audio_in: audio_tokens,
      output: spoken,
      reasoning: reasoning_tokens,
    }),
  }
}

/** The texts of a message's content, joined. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => (isFields(part) ? String(part.text ?? `[${part.type}]`) : ''))
    .join('')
}

/** Words and marks: a stand-in for a tokenizer. */
function countTokens(text: string): number {
  return text.match(/\w+|[^\s\w]/gu)?.length ?? 0
}

function wordsFor(body: Body, model: string, pieceCount: number | undefined): SaidChoice {
  const toolCalls = pieceCount === undefined ? toolCallsFor(body) : []
  if (toolCalls.length > 0) return { pieces: [], toolCalls, finishReason: 'tool_calls' }
  const pieces = pieceCount === undefined ? split(textFor(body, model)) : manyPieces(pieceCount)
  const limit = body.max_completion_tokens ?? body.max_tokens
  return typeof limit === 'number' && limit < pieces.length
    ? { pieces: pieces.slice(0, limit), toolCalls: [], finishReason: 'length' }
    : { pieces, toolCalls: [], finishReason: 'stop' }
}

function textFor(body: Body, model: string): string {
  const scripted = scriptedText(model)
  if (scripted !== undefined) return scripted
  const size = /sized-(\d+)$/.exec(model)
  if (size) return 'A trim tab turns the rudder. '.repeat(Number(size[1]) / 29 + 1).slice(0, Number(size[1]))
  const format = isFields(body.response_format) ? body.response_format : {}
  if (format.type === 'json_schema' && isFields(format.json_schema)) {
    return JSON.stringify(jsonSample(format.json_schema.schema))
  }
  if (format.type === 'json_object') return JSON.stringify({ heard: lastText(body) })
  const last = lastMessage(body)
  return last.role === 'tool' ? `The tool said: ${contentText(last.content)}` : `You said: ${lastText(body)}`
}

/** One call of the tool that is asked for, or of each declared one where the text says `every tool`. */
function toolCallsFor(body: Body): SaidToolCall[] {
  const tools = Array.isArray(body.tools) ? body.tools.filter(isFields) : []
  if (tools.length === 0 || body.tool_choice === 'none') return []
  if (scriptedText(String(body.model)) !== undefined) return []
  if (lastMessage(body).role === 'tool' && body.tool_choice !== 'required') return []
  const named = isFields(body.tool_choice) ? nameOf(body.tool_choice) : undefined
  const wanted = tools.filter((tool) => named === undefined || nameOf(tool) === named)
  const called = /every tool/.test(lastText(body)) ? wanted : wanted.slice(0, 1)
  return called.map((tool, index) => ({
    id: `call_${index}${String(nameOf(tool)).replace(/\W/g, '')}`,
    name: String(nameOf(tool)),
    arguments:
      scriptedArguments(String(body.model)) ??
      JSON.stringify(jsonSample(isFields(tool.function) ? tool.function.parameters : undefined)),
  }))
}

function usageOf(body: Body, model: string, choices: readonly SaidChoice[]): ChatUsage {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isFields) : []
  const prompt = messages.reduce((sum, { content }) => sum + 4 + countTokens(contentText(content)), 3)
  const audio = 10 * partsOfType(messages, 'input_audio')
  const images = 85 * partsOfType(messages, 'image_url')
  const declared = body.tools === undefined ? 0 : Math.ceil(JSON.stringify(body.tools).length / 4)
  const input = prompt + audio + images + declared
  const reasoning = /(^|\/)(o\d|gpt-5)/.test(model) ? 16 : 0
  const spoken = choices.reduce((sum, choice) => sum + spokenTokens(choice), 0)
  return {
    prompt_tokens: input,
    completion_tokens: spoken + reasoning,
    total_tokens: input + spoken + reasoning,
    // As OpenAI does, in steps of 128 tokens from 1,024 on.
    prompt_tokens_details: {
      cached_tokens: input < 1024 ? 0 : Math.floor(input / 128) * 128,
      audio_tokens: audio,
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function spokenTokens(choice: SaidChoice): number {
  const calls = choice.toolCalls.reduce((sum, call) => sum + 4 + split(call.arguments).length, 0)
  return choice.pieces.length + calls
}

function partsOfType(messages: readonly Fields[], type: string): number {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content.filter(isFields) : []))
  return parts.filter((part) => part.type === type).length
}

function lastMessage(body: Body): Fields {
  const last: unknown = Array.isArray(body.messages) ? body.messages.at(-1) : undefined
  return isFields(last) ? last : {}
}

function lastText(body: Body): string {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isFields) : []
  return contentText(messages.findLast(({ role }) => role === 'user')?.content)
}

function manyPieces(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `word${index} `)
}

/** Words with the space before them; arguments and JSON are cut the same way. */
export function split(text: string): string[] {
  return text.match(/\s*[^\s,:]+[,:]?|\s+|[,:]/gu) ?? []
}

function nameOf(tool: Fields): unknown {
  return isFields(tool.function) ? tool.function.name : undefined
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
