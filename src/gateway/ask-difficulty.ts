/** Has the classifier that a policy names tell how hard a request is, where a rule wants to know. */
import type { Principal } from '../access/principal.ts'
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import { parsePassedRequest } from '../openai/passed-request.ts'
import { passedRoute } from '../openai/passed-route.ts'
import type { Policy } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { sendsCallersKey } from '../providers/provider.ts'
import type { Facts } from '../routing/facts.ts'
import { firstRule } from '../routing/first-rule.ts'
import { lastSaid } from '../routing/said.ts'
import type { Scorer } from '../routing/scorer.ts'
import { askingFor } from './asking-for.ts'
import type { Told } from './difficulty-scores.ts'
import type { Departure, Journey } from './journey.ts'
import { nothingFits } from './limits/nothing-fits.ts'
import { requireAsked } from './may-ask.ts'
import { straight } from './straight.ts'
import { awaitedRequest } from './sub-request.ts'

/** Classifiers read less: what is wanted stands at the beginning. */
const MOST_CHARACTERS = 6000

/**
 * Resolves to what the decision is to say of it; undefined where nobody was asked.
 * @throws Failure `model_not_allowed`, as the plan would: nobody pays for a call of whoever is refused
 */
export async function askDifficulty(
  journey: Departure,
  { workflow, policy }: Pick<ResolvedWorkflow, 'workflow' | 'policy'>,
  facts: Facts,
  spending: Pick<Journey, 'budgets' | 'input'>,
): Promise<string | undefined> {
  const { rules, scorer } = policy.route
  const { request, principal } = journey.incoming
  if (scorer === undefined || request.passed !== undefined) return undefined
  // Whoever decides by other facts waits for nobody.
  firstRule(rules, facts)
  if (!facts.isDifficultyOpen) return undefined
  const { model, label, timeoutMs } = scorer
  const text = beginningOf(lastSaid(request.body))
  if (text.trim() === '') return 'difficulty: by the prior, as the user says nothing'
  const scored = { tenant: principal.tenant, model, label, text }
  const { difficultyScores } = journey.gateway
  const known = difficultyScores.find(scored)
  if (known !== undefined) {
    facts.scored(known, model)
    return `difficulty: by ${model}, as it told before`
  }
  requireAsked(journey.incoming, journey.gateway.registry())
  if (nothingFits(journey, policy, spending))
    return 'difficulty: by the prior, as budgets refuse the request anyway'
  const asker = askingFor(journey, model)
  if (lacksKey(journey, asker, model))
    return `difficulty: by the prior, as ${model} takes a key of the caller's, who sent none that is meant for it`
  const score = await difficultyScores.ask(scored, () =>
    askedScore(journey, asker, workflow, policy, scorer, text),
  )
  if (score === undefined)
    return `difficulty: by the prior, as ${model} told no \`${label}\` within ${timeoutMs} ms`
  facts.scored(score, model)
  return `difficulty: by ${model}`
}

/** Never half of an emoji, which strict parsers refuse with all around it. */
function beginningOf(text: string): string {
  return text.length <= MOST_CHARACTERS
    ? text
    : text.slice(0, MOST_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '')
}

/** Such a call could only fail. */
function lacksKey({ gateway }: Departure, { credential }: Principal, model: string): boolean {
  const provider = gateway.registry().lookup(model)?.provider
  return provider !== undefined && sendsCallersKey(provider) && credential === undefined
}

async function askedScore(
  journey: Departure,
  principal: Principal,
  workflow: string,
  policy: Policy,
  { model, label, timeoutMs }: Scorer,
  input: string,
): Promise<Told> {
  const route = passedRoute('POST', 'moderations', '')
  if (route === undefined) return undefined
  const bytes = new TextEncoder().encode(JSON.stringify({ model, input }))
  const request = parsePassedRequest(route, bytes, 'application/json')
  const limits = { ...policy.limits, timeoutMs, retries: 0 }
  let score: Told
  let left = false
  journey.sink.departed(() => {
    left = true
  })
  await awaitedRequest(journey, { request, principal }, straight(workflow, { ...policy, limits }), {
    reason: 'difficulty for',
    keeper: (_, { body }) => {
      score = scoreIn(body, label)
    },
  })
  return score ?? (left ? 'left' : undefined)
}

/** Of a moderation; undefined where it is none, or has no such label. */
function scoreIn(body: Uint8Array, label: string): number | undefined {
  const answer = parseJson(new TextDecoder().decode(body))
  const [result] = isObject(answer) && Array.isArray(answer.results) ? answer.results : []
  const scores = isObject(result) ? result.category_scores : undefined
  if (!isObject(scores)) return undefined
  const [only, ...others] = Object.values(scores)
  const score = scores[label] ?? (others.length === 0 ? only : undefined)
  return typeof score === 'number' && score >= 0 && score <= 1 ? score : undefined
}
