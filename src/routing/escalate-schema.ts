/** What a policy file may say under `escalate`: when an answer does not suffice, and how much of it is held back to tell. */
import { z } from 'zod'
import { closed, duration, mode, mustBe, numberBetween, onOff, wholeNumber } from '../setting-values.ts'
import type { Escalation } from './escalation.ts'

/** A sentence or two: refusals say so in their first words. */
const USUAL_HOLD_TOKENS = 32
const MOST_HOLD_TOKENS = 100_000

const HOLD = '`32 tokens` or `whole`'

const hold = z
  .union([wholeNumber(1, MOST_HOLD_TOKENS), z.string({ error: mustBe(HOLD) })], { error: mustBe(HOLD) })
  .transform((written, context): Escalation['hold'] => {
    if (written === 'whole') return { kind: 'whole' }
    const count = Number(/^(\d{1,6}) ?tokens?$/.exec(String(written))?.[1] ?? written)
    if (count >= 1 && count <= MOST_HOLD_TOKENS) return { kind: 'tokens', count }
    context.addIssue({ code: 'custom', message: mustBe(HOLD)({ input: written }) })
    return z.NEVER
  })

const signals = closed({
  confidence: closed({ below: numberBetween(0, 1) })
    .describe('How sure the model was of its answer, from 0 to 1; looked at only where it is stated.')
    .optional(),
  refused: onOff().describe('The answer is a refusal.').default(true),
  invalid_json: onOff().describe('The answer breaks the JSON or tool schema asked for.').default(true),
  empty: onOff().describe('The answer says nothing.').default(true),
  loops: onOff().describe('The answer repeats itself.').default(true),
  slower_than: duration({ text: '24h', ms: 86_400_000 })
    .describe('Nothing can be told to the caller after so long.')
    .optional(),
})

const stated = closed({
  when: signals.describe('What makes an answer insufficient.').prefault({}),
  hold: hold.describe('How much of a stream is held back to tell: `32 tokens`, or `whole`.').optional(),
})

/** `on`, or nothing at all, takes every default; `off` is as good as no key. */
export const escalateSchema = z
  .union([mode(['on', 'off']), z.null(), stated], { error: mustBe('`on`, `off` or `{ when, hold }`') })
  .transform((written): Escalation | undefined => {
    if (written === 'off') return undefined
    const { when, hold } = written === 'on' || written === null ? stated.parse({}) : written
    return {
      confidenceBelow: when.confidence?.below,
      refused: when.refused,
      invalidJson: when.invalid_json,
      empty: when.empty,
      loops: when.loops,
      slowerThanMs: when.slower_than,
      hold: hold ?? { kind: 'tokens', count: USUAL_HOLD_TOKENS },
    }
  })
