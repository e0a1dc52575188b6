/**
 * What the generations of Claude accept of a request under `anthropic-version: 2023-06-01`.
 * Source: Anthropic's pages on thinking, effort, migration and versions, as of November 2026; a later version of the
 * API refuses sampling for every model.
 */

export interface MessagesModelFacts {
  /**
   * How thinking is asked for: a budget of tokens, `adaptive` with an effort, either, or not at all.
   * Both `adaptive` kinds take `output_config.effort`.
   */
  thinking: 'none' | 'budget' | 'adaptive'
  /** What says that no thinking is wanted; `omit` where saying nothing does, undefined where it cannot be had. */
  withoutThinking: 'omit' | 'disabled' | 'between_tools' | undefined
  /** Whether `xhigh` is an effort. */
  hasXhigh: boolean
  /** `temperature` and `top_p`: both, one of them, or neither but at their defaults. */
  sampling: 'both' | 'one' | 'none'
  /** `system` messages within the conversation. */
  systemWithin: boolean
  /** Images of up to 2576 pixels a side are seen as they are; before, of up to 1568. */
  seesHighResolution: boolean
}

/** Generation as in the name, 4.5 for instance; Mythos's preview came before its first number. */
const NAME =
  /claude-(?:(opus|sonnet|haiku|fable|mythos)-(?:(\d)(?:[-.](\d)(?!\d))?|(preview))|(\d)(?:[-.](\d))?-(opus|sonnet|haiku)|(instant|2))/

/** Other companies' models behind Anthropic's API: they take what its older models take. */
const OTHERS: MessagesModelFacts = {
  thinking: 'budget',
  withoutThinking: 'omit',
  hasXhigh: false,
  sampling: 'both',
  systemWithin: false,
  seesHighResolution: false,
}

export function messagesModelFacts(model: string): MessagesModelFacts {
  const name = model.toLowerCase()
  if (!name.includes('claude')) return OTHERS
  const found = NAME.exec(name)
  const family = found?.[1] ?? found?.[7] ?? ''
  const major = Number(found?.[2] ?? found?.[5] ?? (found?.[8] === undefined ? 5 : 2))
  const generation = major + Number(found?.[3] ?? found?.[6] ?? 0) / 10
  return {
    thinking: generation >= 4.6 ? 'adaptive' : generation >= 3.7 ? 'budget' : 'none',
    withoutThinking: withoutThinking(family, generation),
    hasXhigh: generation >= 4.7,
    sampling: generation >= 4.7 ? 'none' : generation >= 4.1 ? 'one' : 'both',
    systemWithin: generation >= 4.8,
    seesHighResolution: generation >= 4.7,
  }
}

function withoutThinking(family: string, generation: number): MessagesModelFacts['withoutThinking'] {
  if (family === 'fable' || family === 'mythos') return undefined
  if (generation < 5) return 'omit'
  if (generation < 5.5 || family === 'haiku') return 'disabled'
  return family === 'sonnet' ? 'between_tools' : undefined
}
