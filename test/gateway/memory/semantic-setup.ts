/** A trimtab whose workflow `faq` answers by meaning, in front of a provider that says what a test wants. */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RequestDetail } from '../../../src/metering/reports.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { type AskOptions, ask, chat, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

export const MISS = 'trimtab; fwd=miss'
export const FAQ = 'cache: { exact: { mode: off }, semantic: { mode: on, max_wrong_rate: 5% } }'

export interface Semantic {
  mock: MockProvider
  trimtab: Inside
  /** What the provider does with a question; anything else is answered as the mock pleases. */
  says: Map<string, (seen: SeenRequest) => Fault>
  asked(prompt: string, more?: object, options?: AskOptions): Promise<Heard>
  detailOf(heard: Heard): Promise<RequestDetail | undefined>
  /** Stops trimtab alone, and keeps what it wrote. */
  end(graceMs: number): Promise<void>
  stop(): Promise<void>
}

export async function startSemantic(
  more: {
    config?: string
    policies?: Record<string, string>
    mock?: MockProvider
    /** After the address of provider `mock`. */
    provider?: string
    embedding?: string
    /** What the provider does with any other question. */
    otherwise?: (seen: SeenRequest) => Fault | undefined
  } = {},
): Promise<Semantic> {
  const mock = more.mock ?? (await startMockProvider())
  const says: Semantic['says'] = new Map()
  mock.script((seen) => {
    const body = JSON.stringify(seen.body)
    const told = [...says].find(([question]) => body.includes(JSON.stringify(question)))
    return told === undefined ? more.otherwise?.(seen) : told[1](seen)
  })
  const trimtab = await startInside({
    config: `
default_provider: mock
embedding: ${more.embedding ?? '{ use: static }'}
providers: { mock: { base_url: "${mock.url}"${more.provider ?? ''} } }
prices: { overrides: { mock/m: { input: 1, output: 2 }, mock/dear: { input: 100, output: 200 } } }
${more.config ?? ''}
`,
    policies: { 'faq.yaml': FAQ, ...more.policies },
  })
  let stopped = false
  return {
    mock,
    trimtab,
    says,
    async end(graceMs) {
      stopped = true
      await trimtab.stop({ graceMs, keep: true })
    },
    asked: (prompt, extra = {}, { headers, ...options } = {}) =>
      ask(
        trimtab.origin,
        { ...chat('m'), messages: [{ role: 'user', content: prompt }], ...extra },
        { ...options, headers: { 'x-trimtab-workflow': 'faq', ...headers } },
      ),
    async detailOf(heard) {
      await settledLedger(trimtab.ledgerFile)
      const { reader, close } = openLedgerReader(trimtab.ledgerFile)
      const detail = await reader.request(String(heard.headers['x-trimtab-request-id']))
      close()
      return detail
    },
    async stop() {
      if (!stopped) await trimtab.stop({ keep: true })
      rmSync(dirname(trimtab.dataFolder), { recursive: true, force: true })
      if (more.mock === undefined) await mock.close()
    },
  }
}

export const status = (heard: Heard): string => String(heard.headers['cache-status'])

/** Saves a policy, as an operator would. */
export function savePolicy(trimtab: Inside, name: string, text: string): void {
  writeFileSync(join(trimtab.dataFolder, '..', 'policies', name), text)
}

/** An answer of chat in one piece. */
export function saying(text: string, more: { finish?: string; message?: object } = {}): Fault {
  const message = { role: 'assistant', content: text, ...more.message }
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
  const choices = [{ index: 0, message, finish_reason: more.finish ?? 'stop' }]
  return replayed(JSON.stringify({ id: 'c', object: 'chat.completion', model: 'm', choices, usage }))
}

export function replayed(text: string, contentType = 'application/json'): Fault {
  return { kind: 'replay', bytes: new TextEncoder().encode(text), at: [], contentType }
}
