/** What providers tell of their prefix caches, in JSON and in streams, arrives in the ledger as a bill that is exact to the nano-dollar. */
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type TokenBucket } from '../../src/metering/tokens.ts'
import { ask, type Heard } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type AnswerServer, serveAnswers } from '../support/serve-answers.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { PREFIX_BILL_ROWS, type PrefixBillRow } from './prefix-bill-rows.ts'

type Wire = Readonly<Record<string, unknown>>

let provider: AnswerServer
let trimtab: Inside

beforeAll(async () => {
  provider = await serveAnswers()
  const one = (vendor: string, more = '') =>
    `  ${vendor}: { vendor: ${vendor}, base_url: "${provider.url}/v1", api_key: key${more} }`
  trimtab = await startInside({
    config: [
      'providers:',
      ...['openai', 'gemini', 'deepseek', 'xai', 'openrouter', 'vllm', 'sglang'].map((name) => one(name)),
      one('anthropic', ', dialect: anthropic'),
      'prices:',
      '  overrides:',
      '    vllm/qwen3-4b: { input: 0.02, output: 0.08, cache_read: 0.002 }',
      // In the list it costs less by night, and this runs at any hour.
      '    deepseek/deepseek-chat: { input: 0.27, output: 1.1, cache_read: 0.07 }',
    ].join('\n'),
    policies: { 'default.yaml': 'workflow: default\ncache: { exact: { mode: off } }\n' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await provider.close()
  expect(trimtab.warnings).toEqual([])
})

describe.each(PREFIX_BILL_ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  it('counts each token of the prompt once, by hand', () => {
    const sum = (buckets: readonly TokenBucket[]) =>
      buckets.reduce((total, bucket) => total + (row.tokens[bucket] ?? 0), 0)
    expect(sum(INPUT_BUCKETS)).toBe(row.stated)
  })

  it.each([false, true])('is billed exactly, stream %s', async (stream) => {
    const isMessages = row.provider === 'anthropic'
    const wire = isMessages ? 'messages' : row.endpoint
    const type = stream ? 'text/event-stream' : 'application/json'
    provider.answer(200, type, Buffer.from(stream ? STREAMS[wire](row) : JSON.stringify(ANSWERS[wire](row))))
    const heard = await ask(trimtab.origin, asked(row, stream), { path: `/v1/${row.endpoint}` })
    expect(heard.status).toBe(200)
    const { attempt, request } = await ledgerOf(heard)
    const counted = TOKEN_BUCKETS.map((bucket) => [bucket, attempt[`${bucket}_tokens`]] as const)
    expect(Object.fromEntries(counted.filter(([, count]) => count !== 0))).toEqual(row.tokens)
    expect(attempt.usage).toBe('reported')
    expect(attempt.cost_nano_usd).toBe(row.nanoUsd ?? null)
    // What the cache spared, or cost, is the difference of the two.
    expect(request.baseline_nano_usd).toBe(row.uncachedNanoUsd ?? null)
  })
})

function asked({ provider: name, model, endpoint }: PrefixBillRow, stream: boolean): object {
  const content = 'Which way does the rudder turn?'
  const body = { model: `${name}/${model}`, stream }
  if (endpoint === 'responses') return { ...body, input: content, store: false }
  return { ...body, messages: [{ role: 'user', content }], max_tokens: 500 }
}

const ANSWERS = {
  'chat/completions': ({ model, usage }: PrefixBillRow) => ({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: 'To port.' }, finish_reason: 'stop' }],
    usage,
  }),
  responses: ({ model, usage }: PrefixBillRow) => response(model, 'completed', usage),
  messages: ({ model, usage }: PrefixBillRow) => ({
    id: 'm1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'To port.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage,
  }),
}

const STREAMS = {
  'chat/completions': (row: PrefixBillRow) => `${chatChunks(row).map(data).join('')}data: [DONE]\n\n`,
  responses: ({ model, usage }: PrefixBillRow) =>
    [
      { type: 'response.created', sequence_number: 0, response: response(model, 'in_progress', null) },
      {
        type: 'response.output_text.delta',
        sequence_number: 1,
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta: 'To port.',
      },
      { type: 'response.completed', sequence_number: 2, response: response(model, 'completed', usage) },
    ]
      .map((event) => `event: ${event.type}\n${data(event)}`)
      .join(''),
  messages: ({ model, usage }: PrefixBillRow) => {
    const { output_tokens, ...read } = usage
    // Whole counts again at its end, as newer servers do, but without how long what was written is kept.
    const { cache_creation: _, ...again } = read
    const message = { ...ANSWERS.messages({ model, usage } as PrefixBillRow), content: [], stop_reason: null }
    return [
      { type: 'message_start', message: { ...message, usage: { ...read, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'To port.' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { ...again, output_tokens },
      },
      { type: 'message_stop' },
    ]
      .map((event) => `event: ${event.type}\n${data(event)}`)
      .join('')
  },
}

function chatChunks({ model, usage, streamed }: PrefixBillRow): object[] {
  const chunk = (choices: object[], more: Wire = {}) => ({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices,
    ...more,
  })
  const running = streamed === 'in every chunk' ? { usage: { ...usage, completion_tokens: 1 } } : {}
  const last = streamed === 'beside the last content' ? { usage } : running
  const chunks = [
    chunk([{ index: 0, delta: { role: 'assistant', content: 'To ' }, finish_reason: null }], running),
    chunk([{ index: 0, delta: { content: 'port.' }, finish_reason: 'stop' }], last),
  ]
  return streamed === 'beside the last content' ? chunks : [...chunks, chunk([], { usage })]
}

function response(model: string, status: string, usage: unknown): object {
  const output =
    status === 'completed'
      ? [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status,
            content: [{ type: 'output_text', text: 'To port.', annotations: [] }],
          },
        ]
      : []
  return { id: 'resp_1', object: 'response', created_at: 1, model, status, output, usage }
}

function data(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

async function ledgerOf({ headers }: Heard): Promise<{ attempt: Wire; request: Wire }> {
  const id = String(headers['x-trimtab-request-id'])
  await settledLedger(
    trimtab.ledgerFile,
    (rows) => rows.some((row) => row.id === id),
    (row) => row.id === id,
  )
  const database = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    const attempt = database.prepare('SELECT * FROM attempts WHERE request_id = ?').get(id) as Wire
    const request = database.prepare('SELECT * FROM requests WHERE id = ?').get(id) as Wire
    return { attempt, request }
  } finally {
    database.close()
  }
}
