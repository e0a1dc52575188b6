import { expect, it } from 'vitest'
import { accountPreference } from '../../src/routing/account-preference.ts'
import { TextHash } from '../../src/routing/text-hash.ts'

const idle = (...names: string[]) => names.map((name) => ({ name, inFlight: 0 }))
const prompts = Array.from({ length: 3000 }, (_, index) => named(`prompt ${index}`))

function named(prompt: string): number {
  const hash = new TextHash()
  hash.addText(prompt)
  return hash.value
}

it('spreads prompts evenly, and moves only those of an account that goes', () => {
  const counts = new Map<string | undefined, number>()
  for (const prompt of prompts) {
    const chosen = accountPreference(prompt, idle('a', 'b', 'c'))
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    expect(accountPreference(prompt, idle('c', 'b', 'a'))).toBe(chosen)
    if (chosen !== 'c') expect(accountPreference(prompt, idle('a', 'b'))).toBe(chosen)
  }
  for (const name of ['a', 'b', 'c']) expect(counts.get(name)).toBeGreaterThan(900)
})

it('bounds the load of one', () => {
  for (const prompt of prompts.slice(0, 50)) {
    const accounts = idle('a', 'b', 'c')
    for (let request = 0; request < 120; request++) {
      const chosen = accounts.find(({ name }) => name === accountPreference(prompt, accounts))
      if (chosen === undefined) throw new Error('there is always one')
      chosen.inFlight++
    }
    for (const { inFlight } of accounts) expect(inFlight).toBeLessThanOrEqual(50)
  }
})

it('is nobody where there is nobody', () => {
  expect(accountPreference(named('p'), [])).toBeUndefined()
})
