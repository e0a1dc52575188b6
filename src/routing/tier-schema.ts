/** What a policy file may say of a tier. */
import { z } from 'zod'
import { choice, closed, mustBe, named, numberBetween, oneOrMany, text } from '../setting-values.ts'
import { STRATEGIES } from './balance/candidate.ts'

const modelTarget = text().refine((model) => !model.includes('*') || /^[^/*]+\/\*$/.test(model), {
  error: mustBe('a model (`provider/model` or an alias), or `provider/*` for the model asked for'),
})

const weight = z.number({ error: mustBe('a number above 0') }).positive({ error: mustBe('a number above 0') })

const use = z.union([modelTarget, closed({ model: modelTarget, weight: weight.default(1) })])

const tierSchema = closed({
  use: oneOrMany(use)
    .describe('Models of this tier, as `provider/model` or an alias; `provider/*` is the model asked for.')
    .optional(),
  strategy: choice(STRATEGIES)
    .describe(
      'How one of several models is chosen, and one of the replicas of each: `priority` takes models in order, and replicas by `prefix`.',
    )
    .default('priority'),
  weights: closed({
    cost: numberBetween(0, 1).optional(),
    latency: numberBetween(0, 1).optional(),
    prefix: numberBetween(0, 1).optional(),
    least_busy: numberBetween(0, 1).optional(),
    usage: numberBetween(0, 1).optional(),
  })
    .describe('What `hybrid` weighs, each from 0 to 1.')
    .optional(),
  collection: text().describe('Answers come from this collection of documents.').optional(),
  mode: choice(['quote', 'compose'])
    .describe('Quote a passage, or let the models of `use` phrase the answer from passages alone.')
    .optional(),
  min_confidence: numberBetween(0, 1)
    .describe('Below it, a collection abstains and the next tier is asked.')
    .optional(),
}).superRefine((tier, context) => {
  const message = whyNoTier(tier) ?? whyNoWeights(tier)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

function whyNoTier(tier: {
  use?: readonly unknown[] | undefined
  collection?: string | undefined
  mode?: 'quote' | 'compose' | undefined
  min_confidence?: number | undefined
}): string | undefined {
  const hasModels = (tier.use?.length ?? 0) > 0
  if (tier.collection === undefined) {
    if (!hasModels) return 'must have either `use` (models) or `collection` (documents)'
    if (tier.mode === undefined && tier.min_confidence === undefined) return undefined
    return 'must name a `collection` where it has `mode` or `min_confidence`: they are of documents'
  }
  if (tier.mode === 'compose')
    return hasModels
      ? undefined
      : 'must name under `use` who phrases the answers, since its mode is `compose`'
  return hasModels
    ? 'must have either `use` (models) or `collection` (documents), unless its mode is `compose`'
    : undefined
}

/** What would be ignored is rather said. */
function whyNoWeights({
  strategy,
  weights,
}: {
  strategy: (typeof STRATEGIES)[number]
  weights?: Readonly<Record<string, number | undefined>> | undefined
}): string | undefined {
  if (weights === undefined) return undefined
  if (strategy !== 'hybrid')
    return `must have the strategy \`hybrid\` where it has \`weights\`: \`${strategy}\` weighs nothing`
  return Object.values(weights).some((weight) => (weight ?? 0) > 0)
    ? undefined
    : 'must have a weight above 0 under `weights`, or no `weights`: all alike'
}

export const tiersSchema = named(tierSchema)
