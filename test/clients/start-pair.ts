/** A client's view of the world: trimtab in front of the mock provider. */
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { startTrimtab } from '../support/start-trimtab.ts'

export const CHAT_MODEL = 'gpt-4o-mini'
export const EMBEDDING_MODEL = 'text-embedding-3-small'
/** Of a provider that answers `/v1/responses` itself. */
export const RESPONSES_MODEL = 'gpt-5.5'
/** Of a provider that answers `/v1/messages` and nothing else. */
export const CLAUDE = 'claude-haiku-4-5'

export interface Pair {
  /** Where a client is pointed at. */
  baseUrl: string
  /** The same without its path, as Anthropic's SDKs want it. */
  origin: string
  mock: MockProvider
  /** The latest request that the provider saw. @throws where there is none */
  lastSeen(): SeenRequest
  stop(): Promise<void>
}

/** With `CLIENTS_DIRECT=1` nothing stands between: that checks the tests and the mock themselves. */
export async function startPair(): Promise<Pair> {
  const mock = await startMockProvider({
    apiKey: 'provider-key',
    models: [CHAT_MODEL, EMBEDDING_MODEL, RESPONSES_MODEL, CLAUDE],
    checkModels: true,
  })
  const direct = process.env.CLIENTS_DIRECT === '1'
  const trimtab = direct ? undefined : await startTrimtab({ config: configuration(mock.url) })
  const baseUrl = trimtab?.baseUrl ?? mock.url
  return {
    baseUrl,
    origin: new URL(baseUrl).origin,
    mock,
    lastSeen() {
      const seen = mock.requests.at(-1)
      if (seen === undefined) throw new Error('the provider saw no request')
      return seen
    },
    async stop() {
      await trimtab?.stop()
      await mock.close()
    },
  }
}

function configuration(providerUrl: string): string {
  const provider = (name: string, kind: string, models: readonly string[]) =>
    `  ${name}: { ${kind}, base_url: "${providerUrl}", api_key: provider-key, models: [${models}] }`
  return [
    'access: { mode: open }',
    'default_provider: mock',
    'providers:',
    provider('mock', 'dialect: openai', [CHAT_MODEL, EMBEDDING_MODEL]),
    provider('openai', 'vendor: openai', [RESPONSES_MODEL]),
    provider('claude', 'dialect: anthropic', [CLAUDE]),
    '',
  ].join('\n')
}
