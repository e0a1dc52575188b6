/** What a policy file may say under `prefix`: providers' prompt caches, as a word or a mapping. */
import { z } from 'zod'
import { closed, mode, mustBe } from '../setting-values.ts'

export interface PrefixPolicy {
  /**
   * Unstated it is `explicit`: bytes pass as they came unless a policy says otherwise. `auto` adds marks, keys and breakpoints where the caller has none and they pay; `explicit` leaves them to the caller,
   * and still keeps a prefix with its account; `off` does neither.
   */
  mode: 'auto' | 'off' | 'explicit'
  /** How long OpenAI may keep what it read; undefined: as the organisation's own data policy has it. */
  retention: 'in_memory' | '24h' | undefined
  /** Tools and system prompts are asked for once more before their cache lets them go, where that is cheaper. */
  keepWarm: boolean
}

const MODES = ['auto', 'off', 'explicit'] as const

const whole = closed({
  mode: mode(MODES)
    .describe('`auto` adds marks for prompt caches, `explicit` leaves them to the caller.')
    .default('auto'),
  retention: z
    .enum(['in_memory', '24h'], { error: mustBe('`in_memory` or `24h`', ['in_memory', '24h']) })
    .describe("How long OpenAI keeps prompts it has read; default: as the organisation's data policy says.")
    .optional(),
  keep_warm: mode(['on', 'off'])
    .describe(
      'Ask for tools and system prompts once more before a provider lets them go, where that is cheaper.',
    )
    .default('off'),
})

/** A word in place of the mapping is its `mode`. */
export const prefixSchema = z
  .union([mode(MODES), whole], {
    error: mustBe('`auto`, `off`, `explicit` or `{ mode, retention, keep_warm }`', MODES),
  })
  .transform((written): PrefixPolicy => {
    if (typeof written === 'string') return { mode: written, retention: undefined, keepWarm: false }
    const { mode, retention, keep_warm } = written
    return { mode, retention, keepWarm: keep_warm === 'on' && mode !== 'off' }
  })
