import { expect, it } from 'vitest'
import { accountPreference } from '../../src/routing/account-preference.ts'
import { textDigest } from '../../src/routing/text-digest.ts'

const idle = (...names: string[]) => names.map((name) => ({ name, inFlight: 0 }))
const digests = Array.from({ length: 3000 }, (_, index) => textDigest(`prompt ${index}`))

it('spreads prompts evenly, and moves only those of an account that goes', () => {
  const counts = new Map<string | undefined, number>()
  for (const digest of digests) {
    const chosen = accountPreference(digest, idle('a', 'b', 'c'))
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    expect(accountPreference(digest, idle('c', 'b', 'a'))).toBe(chosen)
    if (chosen !== 'c') expect(accountPreference(digest, idle('a', 'b'))).toBe(chosen)
  }
  for (const name of ['a', 'b', 'c']) expect(counts.get(name)).toBeGreaterThan(900)
})

it('bounds the load of one', () => {
  for (const digest of digests.slice(0, 50)) {
    const accounts = idle('a', 'b', 'c')
    for (let request = 0; request < 120; request++) {
      const chosen = accounts.find(({ name }) => name === accountPreference(digest, accounts))
      if (chosen === undefined) throw new Error('there is always one')
      chosen.inFlight++
    }
    for (const { inFlight } of accounts) expect(inFlight).toBeLessThanOrEqual(50)
  }
})

it('is nobody where there is nobody', () => {
  expect(accountPreference(textDigest('p'), [])).toBeUndefined()
})
