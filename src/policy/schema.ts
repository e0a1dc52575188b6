/** The whole policy file, composed of the slices that each room owns. */
import type { z } from 'zod'
import { cacheSchema } from '../cache/cache-schema.ts'
import { budgetSchema } from '../metering/budget-schema.ts'
import { escalateSchema } from '../routing/escalate-schema.ts'
import { outputSchema } from '../routing/output-schema.ts'
import { prefixSchema } from '../routing/prefix-schema.ts'
import { routeSchema } from '../routing/route-schema.ts'
import { sessionSchema } from '../routing/session-schema.ts'
import { tiersSchema } from '../routing/tier-schema.ts'
import { choice, closed, list, mustBe, named, oneOrMany, percentage, text } from '../setting-values.ts'
import { inputSchema } from './input-schema.ts'
import { fallbackSchema, limitsSchema } from './limits-schema.ts'
import { testsSchema } from './tests-schema.ts'

const WORKFLOW_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}$/

export const workflowName = text()
  .regex(WORKFLOW_NAME, { error: mustBe('letters, digits, `.`, `_`, `:` or `-`, at most 100 of them') })
  .refine((name) => name !== 'auto', {
    error: 'must not be `auto`, which as a model means the matched workflow',
  })

const globs = () => oneOrMany(text())

const matchSchema = closed({
  keys: globs().describe("Names of callers' keys; a key named here may use only such workflows.").default([]),
  models: globs().describe('Models asked for.').default([]),
  tags: named(globs()).describe('Values of `x-trimtab-tags`.').default({}),
  metadata: named(globs()).describe("Values of the body's `metadata`.").default({}),
  clients: globs().describe("Callers' User-Agent, in any case.").default([]),
})

export const policySchema = closed({
  workflow: workflowName.describe("The workflow's name; default: the file's name.").optional(),
  match: matchSchema
    .describe('Requests of this workflow, where everything stated holds; `*` stands for any text.')
    .optional(),
  tiers: tiersSchema.describe('Places that answer, named freely.').default({}),
  route: routeSchema.describe('Which tiers are asked, by rules; a bare list means `mode: on`.').optional(),
  escalate: escalateSchema.describe('When the next tier of `to` is asked as well.').optional(),
  fallback: fallbackSchema.describe('When the next target is tried.').prefault({}),
  cache: cacheSchema.describe('Remembered answers.').prefault({}),
  session: sessionSchema.describe('What stays the same within a session.').optional(),
  prefix: prefixSchema
    .describe("Providers' prompt caches.")
    .default({ mode: 'explicit', retention: undefined, keepWarm: false }),
  limits: limitsSchema.describe('Deadlines and retries.').prefault({}),
  output: outputSchema.describe('Bounds of answers.').optional(),
  input: inputSchema.describe('Edits of requests.').optional(),
  priority: choice(['interactive', 'batch'])
    .describe('Who waits where a queue forms.')
    .default('interactive'),
  budgets: list(budgetSchema).describe('What may be spent.').default([]),
  canary: closed({
    policy: text().describe('Workflow of the other policy.'),
    share: percentage().describe('By session or user where a request has one, so that it stays in its arm.'),
  })
    .describe('A share of requests follows another policy; `report --by arm` tells them apart.')
    .optional(),
  baseline: text()
    .describe('Savings count against this model; default: the model asked for, else the last tier.')
    .optional(),
  tests: testsSchema.describe('Examples that `trimtab test` checks.').default([]),
})

export type PolicyFileContent = z.output<typeof policySchema>
