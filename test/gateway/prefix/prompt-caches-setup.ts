/** trimtab before a provider that keeps prompts by its own rules, and conversations for it. */
import { expect } from 'vitest'
import { ask } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

export type Fields = Record<string, unknown>

const WORKFLOWS = 40
const HOURS_MS = 7_200_000

export class Caching {
  readonly mock: MockProvider
  readonly trimtab: Inside
  /** The provider's clock. */
  readonly clock: { nowMs: number }
  workflow = 'w0'
  #workflows = 0

  constructor(mock: MockProvider, trimtab: Inside, clock: { nowMs: number }) {
    this.mock = mock
    this.trimtab = trimtab
    this.clock = clock
  }

  /** Another workflow, of which nothing is known, and nothing that is kept any longer. */
  anew(): void {
    this.workflow = `w${this.#workflows++ % WORKFLOWS}`
    this.clock.nowMs += HOURS_MS
  }

  async post(path: string, body: Fields, name = this.workflow) {
    const heard = await ask(this.trimtab.origin, body, {
      path,
      headers: { 'x-trimtab-workflow': name, 'anthropic-version': '2023-06-01' },
    })
    expect(heard.status, heard.text.slice(0, 300)).toBe(200)
    const seen = this.mock.requests.at(-1)
    if (seen?.counted === undefined) throw new Error('the provider was not asked')
    return {
      id: heard.headers['x-trimtab-request-id'],
      seen,
      counted: seen.counted,
      body: seen.body as Fields,
    }
  }

  async stop(): Promise<void> {
    await this.trimtab.stop()
    await this.mock.close()
  }
}

export async function startCaching(): Promise<Caching> {
  const clock = { nowMs: 0 }
  const mock = await startMockProvider({ promptCacheClock: () => clock.nowMs })
  const own = Object.fromEntries(
    Array.from({ length: WORKFLOWS }, (_, index) => [`w${index}.yaml`, 'prefix: auto']),
  )
  const accounts = ['a', 'b', 'c'].map((name) => `{ name: ${name}, api_key: sk-${name} }`).join(', ')
  const trimtab = await startInside({
    config: [
      'providers:',
      `  anthropic: { base_url: "${mock.url}", api_key: sk-ant }`,
      `  openai: { base_url: "${mock.url}", api_key: sk-oa }`,
      `  vllm: { base_url: "${mock.url}" }`,
      `  many: { vendor: anthropic, base_url: "${mock.url}", accounts: [${accounts}] }`,
    ].join('\n'),
    policies: {
      ...own,
      'off.yaml': 'prefix: off',
      'explicit.yaml': 'prefix: explicit',
      'kept.yaml': 'prefix: { mode: auto, retention: 24h }',
    },
  })
  return new Caching(mock, trimtab, clock)
}

export const words = (seed: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${seed}${(index * 7919) % 997}`).join(' ')

export const RULES = words('rule', 1500)
/** A conversation of so many turns, as its caller would send the last of them. */
export function turns(count: number, seed = 'turn'): Fields[] {
  return Array.from({ length: count * 2 - 1 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: words(`${seed}${index}-`, 120),
  }))
}
