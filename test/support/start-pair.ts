/** A trimtab before two mock providers, whose configuration can be another while it serves. */
import { expect } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { type MockProvider, startMockProvider } from './mock-provider/mock-provider.ts'
import { type Inside, startInside } from './start-inside.ts'

export interface Pair {
  one: MockProvider
  other: MockProvider
  trimtab: Inside
  /** Resolves once it is in force. */
  reload(config: string): Promise<void>
  stop(): Promise<void>
}

/** `config` tells the text of `trimtab.yaml`. */
export async function startPair(
  config: (one: MockProvider, other: MockProvider) => string,
  policies: Readonly<Record<string, string>>,
): Promise<Pair> {
  const [one, other] = await Promise.all([startMockProvider(), startMockProvider()])
  const trimtab = await startInside({ config: config(one, other), policies })
  return {
    one,
    other,
    trimtab,
    async reload(text) {
      const file = { path: trimtab.configFile, text }
      const parsed = parseConfig({ file, environment: {}, flags: { port: '0' } })
      expect(await trimtab.reconfigure(parsed)).toBe(true)
    },
    async stop() {
      await trimtab.stop()
      await Promise.all([one.close(), other.close()])
    },
  }
}

/** `"http://…", "http://…"`, for a list in YAML. */
export function urlsOf(mocks: readonly MockProvider[]): string {
  return mocks.map(({ url }) => `"${url}"`).join(', ')
}
