/** What configuration and policy files may say of a budget. */
import { z } from 'zod'
import { choice, closed, duration, money, mustBe, text, timeZone } from '../setting-values.ts'

const EACH = /^(key|team|tenant|user|tag:.+)$/
const SHARE = /^(\d{1,3})%$/

const action = z.union([choice(['notify', 'block']), closed({ degrade: text() })], {
  error: mustBe('`notify`, `block` or `{ degrade: TIER }`', ['notify', 'block']),
})

const share = z.string().refine((written) => Number(SHARE.exec(written)?.[1] ?? 101) <= 100, {
  error: mustBe('a percentage from 0% to 100%, such as `80%`'),
})

export const budgetSchema = closed({
  per: z
    .union([choice(['day', 'week', 'month']), duration()], {
      error: mustBe('`day`, `week`, `month` or a rolling duration such as `24h`', ['day', 'week', 'month']),
    })
    .describe('The period that the limit is for.'),
  each: z
    .string({ error: mustBe('`key`, `team`, `tenant`, `user` or `tag:NAME`') })
    .regex(EACH, {
      error: mustBe('`key`, `team`, `tenant`, `user` or `tag:NAME`', ['key', 'team', 'tenant', 'user']),
    })
    .describe('A limit of its own for each of these.')
    .optional(),
  limit: money().describe('For instance `500 usd`.'),
  time_zone: timeZone().describe('Where days and months begin.').default('UTC'),
  at: z
    .record(share, action, { error: mustBe('a mapping such as `{ 80%: notify, 100%: block }`') })
    .describe('What happens at which share of the limit.')
    .default({ '100%': 'block' }),
})

export type BudgetContent = z.output<typeof budgetSchema>
