/** A client's view of the world: trimtab in front of the mock provider. */
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { startTrimtab } from '../support/start-trimtab.ts'

export const CHAT_MODEL = 'gpt-4o-mini'
export const EMBEDDING_MODEL = 'text-embedding-3-small'

export interface Pair {
  /** Where a client is pointed at. */
  baseUrl: string
  mock: MockProvider
  /** The latest request that the provider saw. @throws where there is none */
  lastSeen(): SeenRequest
  stop(): Promise<void>
}

/** With `CLIENTS_DIRECT=1` nothing stands between: that checks the tests and the mock themselves. */
export async function startPair(): Promise<Pair> {
  const mock = await startMockProvider({ apiKey: 'provider-key', checkModels: true })
  const direct = process.env.CLIENTS_DIRECT === '1'
  const trimtab = direct ? undefined : await startTrimtab({ config: configuration(mock.url) })
  return {
    baseUrl: trimtab?.baseUrl ?? mock.url,
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
  return [
    'access: { mode: open }',
    'default_provider: mock',
    'providers:',
    `  mock: { dialect: openai, base_url: "${providerUrl}", api_key: provider-key }`,
    '',
  ].join('\n')
}
