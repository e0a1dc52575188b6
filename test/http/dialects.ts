/** trimtab on real sockets in front of OpenAI, Anthropic, and a server that knows chat alone, each simulated. */
import Database from 'better-sqlite3'
import { type AskOptions, ask, type Heard } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

export interface Dialects {
  trimtab: Inside
  openai: MockProvider
  anthropic: MockProvider
  chatOnly: MockProvider
  post(path: string, body: unknown, headers?: AskOptions['headers']): Promise<Heard>
  /** Rows of a request and its attempts, once they are settled. */
  ledgerOf(heard: Heard): Promise<LedgerRows>
  stop(): Promise<void>
}

interface LedgerRows {
  request: Row & { endpoint: string; workflow: string; session: string | null; decision: Decision }
  attempts: Row[]
}

type Row = Readonly<Record<string, unknown>>

interface Decision {
  attempts?: { edits?: string[] }[]
  edits?: string[]
}

export const HELLO = [{ role: 'user', content: 'Which way does the rudder turn?' }]
export const SAID = 'You said: Which way does the rudder turn?'

/** Nano-dollars a token. */
export const PRICE = {
  input: 3000,
  cache_read: 300,
  cache_write_5m: 3750,
  cache_write_1h: 6000,
  output: 15_000,
}

export async function startDialects(
  policies: Readonly<Record<string, string>> = {},
  more = '',
): Promise<Dialects> {
  const openai = await startMockProvider({ apiKey: 'openai-key' })
  const anthropic = await startMockProvider({ apiKey: 'anthropic-key' })
  const chatOnly = await startMockProvider()
  const price = Object.entries(PRICE).map(([bucket, nano]) => `${bucket}: ${nano / 1000}`)
  const config = `
${more}
providers:
  openai: { vendor: openai, base_url: "${openai.url}", api_key: openai-key, models: [gpt-4o-mini, o3, as-openai] }
  anthropic: { dialect: anthropic, base_url: "${anthropic.url}", api_key: anthropic-key, models: [claude-haiku-4-5, as-anthropic] }
  local: { base_url: "${chatOnly.url}", models: [qwen3] }
aliases: { sonnet: anthropic/claude-haiku-4-5 }
prices: { overrides: { anthropic/as-anthropic: { ${price.join(', ')} }, openai/as-openai: { ${price.join(', ')} } } }
`
  const trimtab = await startInside({ config, policies })
  return {
    trimtab,
    openai,
    anthropic,
    chatOnly,
    post: (path, body, headers = {}) => ask(trimtab.origin, body, { path, headers }),
    async ledgerOf({ headers }) {
      const id = String(headers['x-trimtab-request-id'])
      await settledLedger(
        trimtab.ledgerFile,
        (rows) => rows.some((row) => row.id === id),
        (row) => row.id === id,
      )
      return rowsOf(trimtab.ledgerFile, id)
    },
    async stop() {
      await trimtab.stop()
      for (const mock of [openai, anthropic, chatOnly]) await mock.close()
    },
  }
}

export function lastOf(mock: MockProvider): SeenRequest {
  const seen = mock.requests.at(-1)
  if (seen === undefined) throw new Error('the provider saw no request')
  return seen
}

export function messages(model: string, more: Row = {}) {
  return { model, max_tokens: 1000, messages: HELLO, ...more }
}

export function responses(model: string, more: Row = {}) {
  return { model, input: HELLO[0]?.content, ...more }
}

export const VERSION = { 'anthropic-version': '2023-06-01' }

function rowsOf(file: string, id: string): LedgerRows {
  const database = new Database(file, { readonly: true })
  try {
    const request = database.prepare('SELECT * FROM requests WHERE id = ?').get(id) as Row
    const attempts = database
      .prepare('SELECT * FROM attempts WHERE request_id = ? ORDER BY ordinal')
      .all(id) as Row[]
    const decision = JSON.parse(String(request.decision)) as Decision
    return { request: { ...request, decision } as LedgerRows['request'], attempts }
  } finally {
    database.close()
  }
}
