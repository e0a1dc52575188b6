/** How much a model is to think: chat's `reasoning_effort` → Anthropic's `thinking` and `output_config.effort`. */
import type { MessagesModelFacts } from '../anthropic/model-facts.ts'
import { isObject } from '../openai/is-object.ts'
import type { Fields, Notes } from './converted.ts'
import { effortOfBudget, LEAST_BUDGET, tokensOfEffort } from './thinking-budget.ts'

export interface Thinking {
  /** Anthropic's `thinking`; undefined leaves the model its own way. */
  thinking: Fields | undefined
  effort: string | undefined
}

const SILENT: Thinking = { thinking: undefined, effort: undefined }

/**
 * `thinking` in Anthropic's words, which LiteLLM and others take in chat, goes before `reasoning_effort`.
 * @param maxTokens what the caller lets the answer become, thinking included
 * @param forced whether a tool must be called: Anthropic refuses that together with thinking
 */
export function chatThinkingAsMessages(
  body: Fields,
  facts: MessagesModelFacts,
  maxTokens: number | undefined,
  forced: boolean,
  notes: Notes,
): Thinking {
  const wanted = wantedThinking(body, facts, notes)
  const isOn = wanted.thinking?.type === 'enabled' || wanted.thinking?.type === 'adaptive'
  if (!isOn) return wanted
  if (forced) {
    notes.add(
      'reasoning_effort',
      'no thinking was asked for, which Anthropic refuses where a tool must be called.',
    )
    return { ...wanted, thinking: undefined }
  }
  const kept = withinBound(wanted, maxTokens, notes)
  const budget = kept.thinking?.budget_tokens
  // What the caller stated as a budget is said as it is.
  if (typeof budget === 'number' && !isObject(body.thinking))
    notes.add('reasoning_effort', `said as ${budget} tokens of thinking at most.`)
  return kept
}

function wantedThinking(body: Fields, facts: MessagesModelFacts, notes: Notes): Thinking {
  const effort = typeof body.reasoning_effort === 'string' ? body.reasoning_effort : undefined
  const given = isObject(body.thinking) ? body.thinking : undefined
  if (given === undefined) return effort === undefined ? SILENT : ofEffort(effort, facts, notes)
  const { withoutThinking: word } = facts
  if (given.type === 'disabled' && word !== 'disabled' && word !== 'omit')
    return withoutThinking(facts, notes)
  const effortToo = effort === undefined || effort === 'none' ? undefined : saidEffort(effort, facts, notes)
  if (given.type !== 'enabled') return { thinking: given, effort: effortToo }
  if (facts.thinking === 'adaptive' && facts.hasXhigh) {
    notes.add('thinking', 'said as adaptive, this model takes no budget.')
    const budget = typeof given.budget_tokens === 'number' ? effortOfBudget(given.budget_tokens) : undefined
    return { thinking: { type: 'adaptive' }, effort: effortToo ?? budget }
  }
  const budget = given.budget_tokens ?? tokensOfEffort(effort ?? 'medium')
  return { thinking: { ...given, budget_tokens: budget }, effort: effortToo }
}

function ofEffort(effort: string, facts: MessagesModelFacts, notes: Notes): Thinking {
  if (effort === 'none') return withoutThinking(facts, notes)
  if (facts.thinking === 'none') {
    notes.add('reasoning_effort', 'left out, this model does not think.')
    return SILENT
  }
  if (facts.thinking === 'adaptive') {
    return { thinking: { type: 'adaptive' }, effort: saidEffort(effort, facts, notes) }
  }
  return { thinking: { type: 'enabled', budget_tokens: tokensOfEffort(effort) }, effort: undefined }
}

function withoutThinking(facts: MessagesModelFacts, notes: Notes): Thinking {
  if (facts.withoutThinking === 'omit') return SILENT
  if (facts.withoutThinking !== undefined) {
    return { thinking: { type: facts.withoutThinking }, effort: undefined }
  }
  notes.add('reasoning_effort', 'said as low, this model always thinks.')
  return { thinking: undefined, effort: 'low' }
}

function saidEffort(effort: string, facts: MessagesModelFacts, notes: Notes): string | undefined {
  if (facts.thinking !== 'adaptive') return undefined
  if (effort === 'minimal') {
    notes.add('reasoning_effort', 'minimal was said as low.')
    return 'low'
  }
  if (effort === 'xhigh' && !facts.hasXhigh) {
    notes.add('reasoning_effort', 'xhigh was said as high.')
    return 'high'
  }
  return effort
}

/** A budget lies below the bound of the whole answer. */
function withinBound(wanted: Thinking, maxTokens: number | undefined, notes: Notes): Thinking {
  const budget = wanted.thinking?.budget_tokens
  if (typeof budget !== 'number' || maxTokens === undefined || budget < maxTokens) return wanted
  if (maxTokens <= LEAST_BUDGET) {
    notes.add('reasoning_effort', `left out, thinking needs max_tokens beyond ${LEAST_BUDGET}.`)
    return { ...wanted, thinking: undefined }
  }
  notes.add('reasoning_effort', 'thinking was bounded by max_tokens.')
  return { ...wanted, thinking: { ...wanted.thinking, budget_tokens: maxTokens - 1 } }
}
