/** What a policy file may say under `cache`. */
import { closed, duration, mode, percentage, text } from '../setting-values.ts'

export const cacheSchema = closed({
  exact: closed({
    mode: mode(['off', 'shadow', 'deterministic', 'on'])
      .describe('`deterministic` remembers only what a repeat would answer the same.')
      .default('deterministic'),
    ttl: duration().describe('How long an answer is kept.').default(3_600_000),
  })
    .describe('Answers to identical requests.')
    .prefault({}),
  semantic: closed({
    mode: mode(['off', 'shadow', 'on'])
      .describe('`shadow` decides and records only, and a model is always asked.')
      .default('shadow'),
    ttl: duration().describe('How long an answer is kept.').default(86_400_000),
    max_wrong_rate: percentage()
      .describe('Bound of wrong answers per request of the workflow (upper 95% bound of audited evidence).')
      .default(0.005),
    audit: percentage()
      .describe('Share of hits that are also asked of the model, in the background.')
      .default(0.01),
    judge: text()
      .describe('A model that is asked whether two answers say the same, where words do not tell.')
      .optional(),
    refresh: mode(['off', 'ahead'])
      .describe('`ahead`: a hit near the end of its entry has a model asked again, in the background.')
      .default('off'),
    timing: mode(['open', 'mask'])
      .describe(
        '`mask`: a hit takes as long as a model would, so that nobody can tell by it what others asked.',
      )
      .default('open'),
    write: mode(['behind', 'through', 'around'])
      .describe('`through`: the caller waits until its answer is stored. `around`: none is stored.')
      .default('behind'),
  })
    .describe('Answers to requests that mean the same; off where a policy does not name it.')
    .optional(),
})
