/** Examples in a policy file, which `trimtab test` holds the policy to. */
import { z } from 'zod'
import { closed, list, mustBe, text } from '../setting-values.ts'

const expectation = closed({
  rule: text().describe('Name of the rule that decides; `none` where no rule should.').optional(),
  tier: text()
    .describe('The tier that is asked first: of documents, or the first of models behind them.')
    .optional(),
  target: text().describe('What is asked first, as `provider/model`.').optional(),
  workflow: text()
    .describe('The workflow that such a request belongs to; stated, the request must find it by `match`.')
    .optional(),
}).refine((expected) => Object.values(expected).some((value) => value !== undefined), {
  error: 'must expect something: rule, tier, target or workflow',
})

export const testsSchema = list(
  closed({
    prompt: text().describe('What the user says.').optional(),
    request: z
      .record(z.string(), z.unknown(), { error: mustBe('the body of a request') })
      .describe('The whole body, in place of a prompt.')
      .optional(),
    key: text().describe("Name of the caller's key.").optional(),
    tags: z
      .record(z.string(), z.string(), { error: mustBe('a mapping of names to texts') })
      .describe('As `x-trimtab-tags` would carry them.')
      .optional(),
    expect: expectation,
  }).refine(({ prompt, request }) => (prompt === undefined) !== (request === undefined), {
    error: 'must have either `prompt` or `request`',
  }),
)

export type PolicyExample = z.output<typeof testsSchema>[number]
