/** What a policy file may say of time, of retries, and of moving on to the next target. */
import { z } from 'zod'
import { choice, closed, duration, mode, mustBe, oneOrMany, wholeNumber } from '../setting-values.ts'
import type { FallbackCause, ReleaseCondition } from './policy.ts'

// Timers beyond 24.8 days fire at once; nobody waits a day for an answer.
const DAY = { text: '24h', ms: 86_400_000 }

const NAMED_CAUSES = ['4xx', '5xx', 'timeout', 'context_window', 'content_filter'] as const

const DEFAULT_CAUSES: FallbackCause[] = [429, '5xx', 'timeout', 'context_window', 'content_filter']

export const limitsSchema = closed({
  timeout: duration(DAY).describe('All attempts together.').default(600_000),
  first_chunk: duration(DAY)
    .describe('From the request sent to the first bytes of the answer.')
    .default(300_000),
  between_chunks: duration(DAY).describe('Between two chunks of a stream.').default(300_000),
  connect: duration(DAY).describe('Name resolution, TCP and TLS.').default(5_000),
  retries: wholeNumber(0, 10).describe('Extra tries on one target; moving on is not a retry.').default(2),
  join_embeddings: mode(['on', 'off'])
    .describe('Small calls that come within 2 ms of each other, and differ in their inputs alone, go as one.')
    .default('on'),
  hedge: mode(['off', 'on'])
    .describe('Ask a second replica, account or target where the first is slow.')
    .default('off'),
  concurrency: z
    .union([choice(['adaptive', 'off']), wholeNumber(1)], {
      error: mustBe('`adaptive`, `off` or a whole number', ['adaptive', 'off']),
    })
    .describe(
      'Requests in flight per replica: `adaptive` finds how many it answers without making them wait.',
    )
    .default('off'),
})

const cause = z.union([choice(NAMED_CAUSES), wholeNumber(400, 599)], {
  error: mustBe(
    'a status from 400 to 599, `4xx`, `5xx`, `timeout`, `context_window` or `content_filter`',
    NAMED_CAUSES,
  ),
})

const release = z
  .union([choice(['first_content', 'whole']), closed({ tokens: wholeNumber(1) })], {
    error: mustBe('`first_content`, `whole` or `{ tokens: N }`', ['first_content', 'whole']),
  })
  .transform(
    (written): ReleaseCondition =>
      typeof written === 'string' ? { kind: written } : { kind: 'tokens', count: written.tokens },
  )

export const fallbackSchema = closed({
  on: oneOrMany(cause)
    .describe('What makes the next target be tried; an empty list for nothing.')
    .default(DEFAULT_CAUSES),
  release: release
    .describe('How much of an answer is held back, so that another target can still take over.')
    .default({ kind: 'first_content' }),
})
