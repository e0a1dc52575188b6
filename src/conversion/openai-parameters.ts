/**
 * What the generations of OpenAI's models take, at OpenAI and at Azure where a deployment is called as its model.
 * Sources, as of November 2026: OpenAI's pages on reasoning, on the latest model's parameters and of each model;
 * the efforts that big-AGI's issues 944 and 1159 tried on every model; what the API answered: dify's issue 18971
 * (`stop`), lobehub's pull request 7747 (`top_p`), langchain_dart's issue 712 (`reasoning_effort`), concordia's issue 164
 * and big-AGI's 947 (`verbosity`).
 */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'
import {
  drop,
  type Effort,
  efforts,
  nearestEffort,
  type ParameterRule,
  refuse,
  rename,
  say,
  withoutLogprobs,
} from './parameter-rule.ts'

interface Reasoning {
  efforts: readonly Effort[]
  /** What must be asked for `temperature`, `top_p` and `logprobs` to be taken; undefined: they never are. */
  samples: 'without_thinking' | 'unless_thinking_is_asked' | undefined
  takesStop: boolean
  takesVerbosity: boolean
}

type Model = Reasoning | 'plain' | undefined

/** What a model's prompt cache can be told. */
export interface OpenaiPromptCache {
  retention: readonly ('in_memory' | '24h')[]
  /** `prompt_cache_options` and `prompt_cache_breakpoint`; writing costs more than reading the prompt there. */
  takesBreakpoints: boolean
}

const O_SERIES: Reasoning = {
  efforts: ['low', 'medium', 'high'],
  samples: undefined,
  takesStop: true,
  takesVerbosity: false,
}

const KEPT_EITHER_WAY =
  /^(?:gpt-4\.1|gpt-5|gpt-5-codex|gpt-5\.[1-4](?:-(?!mini|nano).*)?)(?:-\d{4}-\d\d-\d\d)?$/
/** Source: OpenAI's page on prompt caching and its OpenAPI description; the models that take `24h` as listed in November 2025. */
const CACHED = /^(?:gpt-4o|chatgpt-4o|gpt-4\.1|gpt-4\.5|gpt-(?:[5-9]|\d\d)|o[1-9])/

/** Undefined where nothing is kept, or the name does not tell. */
export function openaiPromptCache(model: string): OpenaiPromptCache | undefined {
  const name = model.toLowerCase().replace(/^ft:/, '')
  if (!CACHED.test(name) || name.includes('search')) return undefined
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(?![\w.])/.exec(name)
  const generation = gpt === null ? 0 : Number(gpt[1]) * 100 + Number(gpt[2] ?? 0)
  if (generation >= 505) return { retention: ['24h'], takesBreakpoints: generation >= 506 }
  return { retention: KEPT_EITHER_WAY.test(name) ? ['in_memory', '24h'] : [], takesBreakpoints: false }
}

/** Of members that the caller wrote for another model. */
function cacheRules(name: string): readonly ParameterRule[] {
  const cache = openaiPromptCache(name)
  return [
    drop('prompt_cache_options', () => cache?.takesBreakpoints === true),
    drop(
      'prompt_cache_retention',
      (value) => (cache?.retention as unknown[] | undefined)?.includes(value) === true,
    ),
  ]
}

/** Undefined where the name tells nothing certain: search, audio in real time, a deployment's own name. */
function modelOf(name: string): Model {
  const base = name.startsWith('ft:') ? name.slice(3) : name
  if (base.includes('search')) return undefined
  const series = /^o(\d)(-mini)?(?![\w.])/.exec(base)
  if (series !== null) {
    // `o1` and `o3-mini` came before `stop` was refused.
    return { ...O_SERIES, takesStop: series[1] === '1' || base.startsWith('o3-mini') }
  }
  if (/^(?:gpt-3\.5|gpt-4|chatgpt-4o|gpt-5-chat)/.test(base)) return 'plain'
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(?:-([a-z-]*[a-z]))?(?![\w.])/.exec(base)
  if (gpt === null) return undefined
  const generation = Number(gpt[1]) * 100 + Number(gpt[2] ?? 0)
  return generation < 500 ? undefined : gptOf(generation, gpt[3] ?? '')
}

/** @param generation 501 is 5.1 */
function gptOf(generation: number, variant: string): Reasoning {
  const offered = effortsOf(generation, variant)
  return {
    efforts: offered,
    samples: generation < 600 && offered.includes('none') ? samplesOf(generation) : undefined,
    takesStop: false,
    takesVerbosity: true,
  }
}

/** These do not think unless they are asked to. */
function samplesOf(generation: number): Reasoning['samples'] {
  const isUnthinking = generation === 501 || generation === 502 || generation === 504
  return isUnthinking ? 'unless_thinking_is_asked' : 'without_thinking'
}

function effortsOf(generation: number, variant: string): readonly Effort[] {
  if (generation >= 600) {
    const most: Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']
    return variant === 'sol' || variant === 'luna' ? ['none', ...most] : most
  }
  if (variant.startsWith('chat')) return ['medium']
  if (variant.startsWith('pro')) return generation < 502 ? ['high'] : ['medium', 'high', 'xhigh']
  const highest: Effort[] =
    generation < 502 ? ['high'] : generation < 506 ? ['high', 'xhigh'] : ['high', 'xhigh', 'max']
  if (variant.startsWith('codex')) {
    return ['low', 'medium', ...(variant.startsWith('codex-max') ? (['high', 'xhigh'] as const) : highest)]
  }
  return [generation === 500 ? 'minimal' : 'none', 'low', 'medium', ...highest]
}

export function openaiChatRules(name: string): readonly ParameterRule[] {
  const model = modelOf(name)
  if (model === undefined) return []
  if (model === 'plain') return [drop('reasoning_effort'), drop('verbosity'), ...cacheRules(name)]
  const samples = (body: Fields): boolean => doesSample(model, body.reasoning_effort)
  return [
    rename('max_tokens', 'max_completion_tokens'),
    drop('temperature', (value, body) => value === 1 || samples(body)),
    drop('top_p', (_, body) => samples(body)),
    ...withoutLogprobs((_, body) => samples(body)),
    drop('presence_penalty'),
    drop('frequency_penalty'),
    drop('logit_bias'),
    efforts(model.efforts),
    ...(model.takesVerbosity ? [] : [drop('verbosity')]),
    ...(model.takesStop ? [] : [refuse('stop', 'it stops at no sequence.')]),
    ...cacheRules(name),
  ]
}

export function openaiResponsesRules(name: string): readonly ParameterRule[] {
  const model = modelOf(name)
  if (model === undefined) return []
  if (model === 'plain') return [drop('reasoning'), ...cacheRules(name)]
  const effortOf = (reasoning: unknown): unknown => (isObject(reasoning) ? reasoning.effort : undefined)
  const samples = (body: Fields): boolean => doesSample(model, effortOf(body.reasoning))
  return [
    drop('temperature', (value, body) => value === 1 || samples(body)),
    drop('top_p', (_, body) => samples(body)),
    say(
      'reasoning',
      (value) => {
        const effort = effortOf(value)
        return (
          effort === undefined || effort === null || (model.efforts as readonly unknown[]).includes(effort)
        )
      },
      (value) => ({ ...(value as Fields), effort: nearestEffort(effortOf(value), model.efforts) }),
    ),
    ...cacheRules(name),
  ]
}

function doesSample({ samples }: Reasoning, effort: unknown): boolean {
  if (samples === undefined) return false
  return effort === 'none' || (samples === 'unless_thinking_is_asked' && (effort ?? undefined) === undefined)
}
