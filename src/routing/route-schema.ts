/** What a policy file may say under `route`: rules, and the conditions they hold under. */
import { z } from 'zod'
import { TASKS } from '../reading/tasks.ts'
import {
  choice,
  closed,
  duration,
  list,
  mode,
  mustBe,
  named,
  numberBetween,
  oneOrMany,
  onOff,
  percentage,
  text,
  timeZone,
  wholeNumber,
} from '../setting-values.ts'
import { outputSchema } from './output-schema.ts'
import { OUTPUT_SHAPES } from './output-shape.ts'
import { MODALITIES } from './rule.ts'

const globs = () => oneOrMany(text())

const countRange = () => closed({ below: wholeNumber(0).optional(), above: wholeNumber(0).optional() })
const scoreRange = closed({ below: numberBetween(0, 1).optional(), above: numberBetween(0, 1).optional() })

function language() {
  return text().regex(/^(?:[a-z]{2}|unknown)$/, {
    error: mustBe('a code of two small letters such as `en`, or `unknown`'),
  })
}

const hours = closed({
  from: wholeNumber(0, 23).describe('First hour that counts.'),
  to: wholeNumber(0, 24).describe('First hour that no longer counts; 22 to 6 spans midnight.'),
  time_zone: timeZone().default('UTC'),
}).refine((hour) => hour.from !== hour.to, { error: 'must have different hours in `from` and `to`' })

const conditionSchema = closed({
  model: globs().describe('The model asked for; `*` stands for any text.').optional(),
  tokens: countRange().describe('Estimated tokens of the request.').optional(),
  has: oneOrMany(choice(MODALITIES)).describe('Holds where the request has one of these.').optional(),
  tools: onOff().describe('Whether the request declares tools.').optional(),
  tags: named(globs()).describe('Values of `x-trimtab-tags`.').optional(),
  key: globs().describe("Name of the caller's key.").optional(),
  endpoint: globs().describe('For instance `chat/completions`.').optional(),
  hour: hours.describe('Hours of the day.').optional(),
  task: oneOrMany(choice([...TASKS, 'other']))
    .describe('What the text asks for; `other` where no sign of any task is found.')
    .optional(),
  language: oneOrMany(language())
    .describe('Language of the text as a code of two letters, such as `en`, or `unknown`.')
    .optional(),
  code: onOff().describe('Whether the text has code in it, or asks for some.').optional(),
  time_dependent: onOff().describe('Whether the answer is another one tomorrow.').optional(),
  turns: countRange().describe('How often the user has spoken, this time included.').optional(),
  output_shape: oneOrMany(choice(OUTPUT_SHAPES))
    .describe('How the answer is wanted: `json`, by a `schema`, as the call of a `tool`, or `text`.')
    .optional(),
  difficulty: scoreRange
    .describe(
      'Probability that a small model does not suffice; unknown for a text unlike those it was learned on, which counts as hard.',
    )
    .optional(),
})

const ruleSchema = closed({
  name: text().describe('Shown in reports; unique in its policy.').optional(),
  when: conditionSchema.describe('Everything stated must hold; without it the rule always does.').default({}),
  to: oneOrMany(text())
    .refine((tiers) => tiers.length > 0, { error: 'must name at least one tier' })
    .describe('Tiers, tried in order.'),
  output: outputSchema.describe('Bounds of the answers that this rule sends for.').optional(),
})

const DEFAULT_SHARE = 0.05
export const DEFAULT_QUALITY_LOSS = 0.02

const learnSchema = z
  .union(
    [
      onOff(),
      closed({
        share: percentage()
          .describe(
            'Share of requests that the other tier is asked for as well, in the background; twenty times as often at first.',
          )
          .default(DEFAULT_SHARE),
        judge: text()
          .describe('A model that is asked whether two answers say the same, where words do not tell.')
          .optional(),
      }),
    ],
    { error: mustBe('`on`, `off`, or `{ share, judge }`') },
  )
  .transform((learn) =>
    learn === true ? { share: DEFAULT_SHARE, judge: undefined } : learn === false ? undefined : learn,
  )

const DEFAULT_LABEL = 'hard'
const DEFAULT_SCORER_MS = 200

const scorerSchema = z
  .union(
    [
      text(),
      closed({
        model: text().describe('A model that answers moderations, such as a classifier on a tensor server.'),
        label: text()
          .describe('The label whose score counts; a model with one label needs none.')
          .default(DEFAULT_LABEL),
        timeout: duration({ text: '10s', ms: 10_000 })
          .describe('How long a request waits for it; then the prior that ships decides.')
          .default(DEFAULT_SCORER_MS),
      }),
    ],
    { error: mustBe('a model, or `{ model, label, timeout }`') },
  )
  .transform((scorer) => {
    const { model, label, timeout } =
      typeof scorer === 'string'
        ? { model: scorer, label: DEFAULT_LABEL, timeout: DEFAULT_SCORER_MS }
        : scorer
    return { model, label, timeoutMs: timeout }
  })

const routing = closed({
  mode: mode(['shadow', 'on'])
    .describe('`shadow` decides and records only; asking for the workflow by name always acts.')
    .default('shadow'),
  learn: learnSchema
    .describe("Learn from this workflow's own traffic which requests may begin at the small tier.")
    .optional(),
  difficulty: scorerSchema
    .describe('Who tells `difficulty`, where a rule asks for it; without it, the prior that ships.')
    .optional(),
  max_quality_loss: percentage()
    .describe(
      'Bound of the requests that begin at the small tier and would be answered otherwise by the large one (upper 95% bound).',
    )
    .optional(),
  rules: list(ruleSchema).describe('The first that matches decides.').default([]),
})

type Routing = z.output<typeof routing>

/** A bare list of rules is short for `{ mode: on, rules }`. */
export const routeSchema = z
  .union([list(ruleSchema), routing], { error: mustBe('a list of rules, or `{ mode, rules }`') })
  .transform((route): Routing => (Array.isArray(route) ? { mode: 'on', rules: route } : route))
