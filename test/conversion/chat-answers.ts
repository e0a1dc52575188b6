/** Random chat answers, and the same answers as the streams that a provider would send. */
import fc from 'fast-check'

export interface ChatCall {
  id: string
  type: 'function' | 'custom'
  function?: { name: string; arguments: string }
  custom?: { name: string; input: string }
}

export interface ChatMessage {
  role: 'assistant'
  content: string | null
  refusal?: string
  reasoning_content?: string
  annotations?: { type: 'url_citation'; url_citation: Record<string, unknown> }[]
  tool_calls?: ChatCall[]
}

export interface ChatAnswer {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  service_tier?: string
  choices: [{ index: 0; message: ChatMessage; logprobs: null; finish_reason: string }]
  usage?: Record<string, unknown>
}

type Chunk = Record<string, unknown>

const name = fc.stringMatching(/^[a-z_]{1,12}$/)
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })

const call: fc.Arbitrary<Omit<ChatCall, 'id'>> = fc.oneof(
  fc.record({
    type: fc.constant('function' as const),
    function: fc.record({ name, arguments: fc.json({ maxDepth: 2 }) }),
  }),
  fc.record({
    type: fc.constant('function' as const),
    function: fc.record({
      name: fc.constant('freeform'),
      arguments: fc.oneof(
        fc.json(),
        fc.string().map((input) => JSON.stringify({ input })),
      ),
    }),
  }),
  fc.record({
    type: fc.constant('custom' as const),
    custom: fc.record({ name, input: fc.string({ maxLength: 30 }) }),
  }),
)

const citation = fc
  .record({ url: fc.webUrl(), title: fc.string(), start_index: fc.nat(9), end_index: fc.nat(9) })
  .map((url_citation) => ({ type: 'url_citation' as const, url_citation }))

const message: fc.Arbitrary<ChatMessage> = fc
  .record({
    content: fc.option(text),
    refusal: fc.option(text, { nil: undefined, freq: 2 }),
    reasoning_content: fc.option(text, { nil: undefined }),
    citations: fc.array(citation, { maxLength: 2 }),
    calls: fc.array(call, { maxLength: 3 }),
  })
  .map(({ content, refusal, reasoning_content, citations, calls }) => ({
    role: 'assistant' as const,
    content,
    ...(refusal === undefined ? {} : { refusal }),
    ...(reasoning_content === undefined ? {} : { reasoning_content }),
    ...(citations.length === 0 || content === null || refusal !== undefined
      ? {}
      : { annotations: citations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((one, at) => ({ id: `call_${at}`, ...one })) }),
  }))

const usage = fc
  .record({ prompt: fc.nat(1e6), completion: fc.nat(1e6), cached: fc.nat(100), reasoning: fc.nat(100) })
  .map(({ prompt, completion, cached, reasoning }) => ({
    prompt_tokens: prompt + cached,
    completion_tokens: completion + reasoning,
    total_tokens: prompt + cached + completion + reasoning,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }))

export const chatAnswer: fc.Arbitrary<ChatAnswer> = fc
  .record({
    id: fc.stringMatching(/^chatcmpl-[a-zA-Z0-9]{1,20}$/),
    created: fc.integer({ min: 1, max: 2e9 }),
    tier: fc.option(fc.constantFrom('default', 'flex'), { nil: undefined }),
    message,
    finish: fc.constantFrom('stop', 'tool_calls', 'length', 'content_filter'),
    usage: fc.option(usage, { nil: undefined }),
  })
  .map(({ id, created, tier, message: said, finish, usage: counted }) => ({
    id,
    object: 'chat.completion' as const,
    created,
    model: 'small-1',
    ...(tier === undefined ? {} : { service_tier: tier }),
    choices: [{ index: 0, message: said, logprobs: null, finish_reason: finish }],
    ...(counted === undefined ? {} : { usage: counted }),
  }))

/** Where texts are cut: as long as needed, from the start again. */
export const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 })

/** `data` of each event, `[DONE]` included. */
export function streamOf(answer: ChatAnswer, lengths: readonly number[]): string[] {
  const { message: said, finish_reason } = answer.choices[0]
  const cut = cutter(lengths)
  return [
    chunk(answer, { role: 'assistant', content: '' }),
    ...textDeltas(said, cut).map((delta) => chunk(answer, delta)),
    ...callDeltas(said, cut).map((delta) => chunk(answer, delta)),
    chunk(answer, {}, finish_reason),
    ...(answer.usage === undefined ? [] : [{ ...head(answer), choices: [], usage: answer.usage }]),
  ]
    .map((event) => JSON.stringify(event))
    .concat('[DONE]')
}

/** Reasoning, content and refusal, as deltas in this order. */
export function textDeltas(said: ChatMessage, cut: (text: string) => string[]): Chunk[] {
  const deltas: Chunk[] = (['reasoning_content', 'content', 'refusal'] as const).flatMap((member) =>
    cut(said[member] ?? '').map((piece) => ({ [member]: piece })),
  )
  return said.annotations === undefined ? deltas : [...deltas, { annotations: said.annotations }]
}

/** Each call begins with its name, and goes on with what it is called with. */
export function callDeltas(said: ChatMessage, cut: (text: string) => string[]): Chunk[] {
  return (said.tool_calls ?? []).flatMap(({ id, type, function: named, custom }, index) => {
    const [member, whole] = custom === undefined ? ['arguments', named?.arguments] : ['input', custom.input]
    const begin = { index, id, type, [type]: { name: (named ?? custom)?.name, [member]: '' } }
    return [begin, ...cut(whole ?? '').map((piece) => ({ index, [type]: { [member]: piece } }))].map(
      (part) => ({
        tool_calls: [part],
      }),
    )
  })
}

export function chunk(answer: ChatAnswer, delta: Chunk, finish: string | null = null): Chunk {
  return { ...head(answer), choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] }
}

export function cutter(lengths: readonly number[]): (whole: string) => string[] {
  let turn = 0
  return (whole) => {
    const pieces: string[] = []
    for (let at = 0; at < whole.length; ) {
      const length = lengths[turn++ % lengths.length] ?? 1
      pieces.push(whole.slice(at, at + length))
      at += length
    }
    return pieces
  }
}

function head({ id, created, model, service_tier }: ChatAnswer): Chunk {
  return { id, object: 'chat.completion.chunk', created, model, ...(service_tier ? { service_tier } : {}) }
}
