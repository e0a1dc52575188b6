import { describe, expect, test } from 'vitest'
import { AccessToken, type IssuedToken, TokenError } from '../../../src/providers/tokens/access-token.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** An issuer that answers when it is told to, and a clock that moves when it is told to. */
function scene() {
  const waiting: { give(token: IssuedToken): void; refuse(error: Error): void }[] = []
  let now = 1_000_000
  const issue = () =>
    new Promise<IssuedToken>((give, refuse) => {
      waiting.push({ give, refuse })
    })
  const token = new AccessToken(issue, () => now)
  return {
    token,
    waiting,
    pass: (ms: number) => {
      now += ms
    },
    async first(): Promise<void> {
      const ready = token.ready()
      waiting[0]?.give({ text: 'one', lifetimeMs: HOUR_MS })
      await ready
    },
  }
}

describe('AccessToken', () => {
  test('is asked for once, however many wait for the first', async () => {
    const { token, waiting } = scene()
    const all = Promise.all([token.ready(), token.ready(), token.ready()])
    expect(waiting).toHaveLength(1)
    waiting[0]?.give({ text: 'one', lifetimeMs: HOUR_MS })
    await all
    expect(token.value).toBe('Bearer one')
  })

  test('costs nothing while it holds', async () => {
    const { token, waiting, pass, first } = scene()
    await first()
    pass(HOUR_MS - 6 * MINUTE_MS)
    expect(token.ready()).toBeUndefined()
    expect(waiting).toHaveLength(1)
  })

  test('is renewed ahead of its end while the old one serves', async () => {
    const { token, waiting, pass, first } = scene()
    await first()
    pass(HOUR_MS - 4 * MINUTE_MS)
    expect([token.ready(), token.ready()]).toEqual([undefined, undefined])
    expect(waiting).toHaveLength(2)
    expect(token.value).toBe('Bearer one')
    waiting[1]?.give({ text: 'two', lifetimeMs: HOUR_MS })
    await expect.poll(() => token.value).toBe('Bearer two')
    expect(token.ready()).toBeUndefined()
  })

  test('a renewal that fails ahead of the end is nobody’s failure, and is tried again', async () => {
    const { token, waiting, pass, first } = scene()
    await first()
    pass(HOUR_MS - 4 * MINUTE_MS)
    expect(token.ready()).toBeUndefined()
    waiting[1]?.refuse(new TokenError('It is down.', true))
    await expect.poll(() => token.ready() === undefined && waiting.length).toBe(3)
  })

  test('after its end everyone waits for the next', async () => {
    const { token, waiting, pass, first } = scene()
    await first()
    pass(HOUR_MS)
    const ready = token.ready()
    expect(ready).toBeInstanceOf(Promise)
    waiting[1]?.refuse(new TokenError('It is down.', true))
    await expect(ready).rejects.toThrow('It is down.')
  })

  test('one that the provider refuses is asked for again, but not with every request', async () => {
    const { token, waiting, pass, first } = scene()
    await first()
    token.distrust()
    expect(token.ready()).toBeUndefined()
    pass(2 * MINUTE_MS)
    token.distrust()
    expect(token.ready()).toBeInstanceOf(Promise)
    expect(waiting).toHaveLength(2)
  })

  test('a short life is renewed at its half', async () => {
    const { token, waiting, pass } = scene()
    const ready = token.ready()
    waiting[0]?.give({ text: 'one', lifetimeMs: 2 * MINUTE_MS })
    await ready
    pass(50_000)
    expect(token.ready()).toBeUndefined()
    expect(waiting).toHaveLength(1)
    pass(11_000)
    expect(token.ready()).toBeUndefined()
    expect(waiting).toHaveLength(2)
  })
})
