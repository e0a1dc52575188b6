/** Simulated chat completions, whole and as chunks; tokens are words, and usage sums up. */
import { isObject } from '../openai/is-object.ts'
import { countWords, digestOf } from './sandbox-digest.ts'
import { simulatedValue } from './sandbox-value.ts'

export interface ChatBody {
  model: string
  stream: boolean
  includeUsage: boolean
  /** All text of the request, by which the answer is chosen. */
  prompt: string
  question: string
  maxTokens: number
  wanted:
    | { kind: 'text' }
    | { kind: 'json'; schema: unknown }
    | { kind: 'tool'; name: string; parameters: unknown }
}

/** What the sandbox reads of a request, or in one sentence what is wrong with it. */
export function readChatBody(body: Readonly<Record<string, unknown>>): ChatBody | string {
  if (!Array.isArray(body.messages) || body.messages.length === 0)
    return 'messages must be a list with messages.'
  if (!body.messages.every(isObject)) return 'messages must hold objects.'
  const texts = body.messages.map((message) => textOf(message.content))
  const last = body.messages.at(-1)
  return {
    model: typeof body.model === 'string' ? body.model : 'sandbox-small',
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    prompt: texts.join('\n'),
    question: texts.at(-1) ?? '',
    maxTokens:
      readLimit(body.max_completion_tokens) ?? readLimit(body.max_tokens) ?? Number.POSITIVE_INFINITY,
    wanted: wantedBy(body, last?.role === 'tool'),
  }
}

export function chatAnswer(chat: ChatBody, created: number): object {
  const { words, finishReason, toolCall } = compose(chat)
  return {
    ...frame(chat, created, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: words.join(''),
          refusal: null,
          ...(toolCall === undefined ? {} : { tool_calls: [toolCall] }),
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: usageOf(chat, words, toolCall),
  }
}

export function chatChunks(chat: ChatBody, created: number): object[] {
  const { words, finishReason, toolCall } = compose(chat)
  const base = frame(chat, created, 'chat.completion.chunk')
  // As OpenAI does: every chunk but the last says that usage is still to come.
  const pending = chat.includeUsage ? { usage: null } : {}
  const chunk = (delta: object, finish: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...pending,
  })
  const chunks: object[] = [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...words.map((word) => chunk({ content: word })),
  ]
  if (toolCall !== undefined) {
    const { name, arguments: text } = toolCall.function
    chunks.push(
      chunk({
        tool_calls: [{ index: 0, id: toolCall.id, type: 'function', function: { name, arguments: '' } }],
      }),
      ...(text.match(/.{1,16}/gs) ?? []).map((piece) =>
        chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
      ),
    )
  }
  chunks.push(chunk({}, finishReason))
  if (chat.includeUsage) chunks.push({ ...base, choices: [], usage: usageOf(chat, words, toolCall) })
  return chunks
}

interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

interface Composed {
  /** Each with the space before it: joined, they are the content. */
  words: string[]
  finishReason: 'stop' | 'length' | 'tool_calls'
  toolCall: ToolCall | undefined
}

const NOTE = 'Simulated by the trimtab sandbox.'

const REMARKS = [
  'A real model would answer here.',
  'No model was asked, and nothing was spent.',
  'Set a provider in trimtab.yaml to get a real answer.',
  'The same question always gets this answer.',
]

function compose(chat: ChatBody): Composed {
  const { wanted } = chat
  if (wanted.kind === 'tool') {
    const toolCall: ToolCall = {
      id: `call_sandbox_${hex(chat.prompt)}`,
      type: 'function',
      function: { name: wanted.name, arguments: JSON.stringify(simulatedValue(wanted.parameters) ?? {}) },
    }
    return { words: split(NOTE), finishReason: 'tool_calls', toolCall }
  }
  const words = split(wanted.kind === 'json' ? jsonText(wanted.schema) : plainText(chat))
  const cut = words.length > chat.maxTokens
  return {
    words: cut ? words.slice(0, chat.maxTokens) : words,
    finishReason: cut ? 'length' : 'stop',
    toolCall: undefined,
  }
}

function plainText(chat: ChatBody): string {
  const remark = REMARKS[digestOf(chat.prompt) % REMARKS.length] ?? ''
  const asked = chat.question.trim().replace(/\s+/g, ' ').slice(0, 200)
  return `${NOTE} You asked: "${asked}". ${remark} [${hex(chat.prompt)}]`
}

function jsonText(schema: unknown): string {
  return JSON.stringify(schema === undefined ? { simulated: true, note: NOTE } : simulatedValue(schema))
}

function split(text: string): string[] {
  return text.match(/\s*\S+/g) ?? []
}

function frame(chat: ChatBody, created: number, object: string): object {
  return {
    id: `chatcmpl-sandbox-${hex(chat.prompt)}`,
    object,
    created,
    model: chat.model,
    service_tier: 'default',
    system_fingerprint: 'trimtab-sandbox',
  }
}

function usageOf(chat: ChatBody, words: readonly string[], toolCall: ToolCall | undefined): object {
  const input = Math.max(1, countWords(chat.prompt))
  const output = words.length + (toolCall === undefined ? 0 : 1 + countWords(toolCall.function.arguments))
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  }
}

/** A tool is called once: after its result, or where the caller forbids tools, there is an answer. */
function wantedBy(body: Readonly<Record<string, unknown>>, afterTool: boolean): ChatBody['wanted'] {
  const choice = body.tool_choice
  const tools = Array.isArray(body.tools) ? body.tools.filter(isObject).map((tool) => tool.function) : []
  const functions = tools.filter(isObject)
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined
  const tool = functions.find((candidate) => candidate.name === named) ?? functions[0]
  if (tool !== undefined && typeof tool.name === 'string' && !afterTool && choice !== 'none') {
    return { kind: 'tool', name: tool.name, parameters: tool.parameters }
  }
  const format = body.response_format
  if (!isObject(format) || (format.type !== 'json_object' && format.type !== 'json_schema'))
    return { kind: 'text' }
  return { kind: 'json', schema: isObject(format.json_schema) ? format.json_schema.schema : undefined }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join(' ')
}

function readLimit(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 ? Math.floor(value) : undefined
}

function hex(text: string): string {
  return digestOf(text).toString(16).padStart(8, '0')
}
