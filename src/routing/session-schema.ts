/** What a policy file may say under `session`: what stays the same from one request of it to the next. */
import { z } from 'zod'
import { choice, closed, duration, list, mode, money, mustBe } from '../setting-values.ts'
import type { Stickiness } from './stickiness.ts'

const PENALTY = '`auto`, `off` or an amount such as `0.01 usd`'

const switchPenalty = z
  .union([mode(['auto', 'off']), money()], { error: mustBe(PENALTY, ['auto', 'off']) })
  .transform((written): Stickiness['switchPenalty'] =>
    typeof written === 'number' ? { kind: 'fixed', nanoUsd: written } : { kind: written },
  )

export const sessionSchema = closed({
  stick: list(choice(['model', 'account', 'replica']))
    .describe('What a session keeps.')
    .default(['model']),
  idle: duration({ text: '30d', ms: 30 * 86_400_000 })
    .describe('A session ends after this long without a request.')
    .default(3_600_000),
  switch_penalty: switchPenalty
    .describe(
      'What a cheaper model must save before a session moves to it: `auto` more than its lost prompt cache, `off` anything, or more than a sum.',
    )
    .default({ kind: 'auto' }),
}).transform(
  ({ stick, idle, switch_penalty }): Stickiness => ({
    model: stick.includes('model'),
    account: stick.includes('account'),
    replica: stick.includes('replica'),
    idleMs: idle,
    switchPenalty: switch_penalty,
  }),
)
