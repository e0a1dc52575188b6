/**
 * Which members of a request the models of each vendor refuse, and what stands for them. What is not known for certain
 * is not here: a request then goes as it is, and the vendor says what it will not take.
 * Sources, as of November 2026. Mistral: the fields of `ChatCompletionRequest` and `ReasoningEffort` in client-python, and
 * its answer `extra_forbidden` to any other (platform-docs-public's issue 7, eca's issue 231). Groq: its pages on
 * OpenAI compatibility and on reasoning, pi's issue 1745, OmniRoute's pull request 3277. DeepSeek: its pages on chat
 * completions and reasoning models, llm-exe's issue 662. xAI: its guide to reasoning, and what modelparams.dev's pull
 * request 20 and hermes-agent's 23435 tried. Cerebras: its page on OpenAI compatibility, as ReqLLM's guide lists it.
 * Gemini: its answers in ChatterUI's issue 227 and mcpchecker's pull request 188. Anthropic's own API is asked by
 * `chatRequestAsMessages`; OpenRouter leaves out by itself what a model does not take.
 */
import type { ModelEndpoint } from '../openai/model-request.ts'
import { openaiChatRules, openaiResponsesRules } from './openai-parameters.ts'
import { drop, efforts, type ParameterRule, refuse, rename, say, withoutLogprobs } from './parameter-rule.ts'

const NONE: readonly ParameterRule[] = []

const MISTRAL: readonly ParameterRule[] = [
  rename('max_completion_tokens', 'max_tokens'),
  rename('seed', 'random_seed'),
  efforts(['none', 'high']),
  ...withoutLogprobs(),
  refuse('functions', 'send tools, which took their place.'),
  refuse('modalities', 'it answers in text.', (value) => !(Array.isArray(value) && value.includes('audio'))),
  refuse('web_search_options', 'it searches nothing here.'),
  ...[
    'audio',
    'function_call',
    'logit_bias',
    'modalities',
    'prompt_cache_options',
    'prompt_cache_retention',
    'safety_identifier',
    'service_tier',
    'store',
    'user',
    'verbosity',
  ].map((name) => drop(name)),
]

const GROQ: readonly ParameterRule[] = [
  ...withoutLogprobs(),
  drop('logit_bias'),
  refuse('n', 'it gives one answer; ask for one.', (value) => value === 1),
]

const GROQ_GPT_OSS = [...GROQ, efforts(['low', 'medium', 'high'])]
const GROQ_LLAMA = [...GROQ, drop('reasoning_effort')]
const GROQ_QWEN_3 = [
  ...GROQ,
  say(
    'reasoning_effort',
    (value) => value === 'none' || value === 'default',
    () => 'default',
  ),
]

const DEEPSEEK: readonly ParameterRule[] = [
  // It knows no other bound, and passes over what it does not know.
  rename('max_completion_tokens', 'max_tokens'),
  refuse('response_format', 'it holds its JSON to no schema.', (value) => typeOf(value) !== 'json_schema'),
]

const DEEPSEEK_REASONER = [...DEEPSEEK, ...withoutLogprobs()]

const GEMINI: readonly ParameterRule[] = [drop('frequency_penalty'), drop('seed')]

const CEREBRAS: readonly ParameterRule[] = [
  drop('frequency_penalty'),
  drop('presence_penalty'),
  drop('logit_bias'),
  drop('service_tier'),
]

const XAI_PENALTIES = [drop('presence_penalty'), drop('frequency_penalty')]
const XAI_STOP = refuse('stop', 'it stops at no sequence.')

/** Undefined where every effort is refused. Grok 3 and the first Groks 4 think, or don't, as they please. */
const XAI_EFFORTS: readonly [name: RegExp, rule: ParameterRule][] = [
  [/^grok-3-mini/, efforts(['low', 'high'])],
  [/^grok-4\.3/, efforts(['none', 'low', 'medium', 'high'])],
  [/^grok-4\.5/, efforts(['low', 'medium', 'high'])],
  [
    /^grok-(?:3|4|4-0709|4-latest|4-fast.*|4-1-fast.*|4\.20-\d*-?(?:non-)?reasoning|code-fast.*)$/,
    drop('reasoning_effort'),
  ],
]

/**
 * What a model does not take of a request to the endpoint; empty where nothing is known of it.
 * @param vendor as `vendors.ts` calls it
 * @param model as the provider knows it
 */
export function parameterRules(
  vendor: string,
  endpoint: ModelEndpoint,
  model: string,
): readonly ParameterRule[] {
  const name = model.toLowerCase()
  const isOpenai = vendor === 'openai' || vendor === 'azure' || vendor === 'azure-v1'
  if (endpoint === 'responses') return isOpenai ? openaiResponsesRules(name) : NONE
  if (endpoint !== 'chat/completions') return NONE
  return isOpenai ? openaiChatRules(name) : chatRulesOf(vendor, name)
}

function chatRulesOf(vendor: string, name: string): readonly ParameterRule[] {
  if (vendor === 'mistral') return MISTRAL
  if (vendor === 'groq') return groqRules(name)
  if (vendor === 'deepseek') return name.includes('reasoner') ? DEEPSEEK_REASONER : DEEPSEEK
  if (vendor === 'xai') return xaiRules(name)
  if (vendor === 'gemini') return GEMINI
  return vendor === 'cerebras' ? CEREBRAS : NONE
}

function groqRules(name: string): readonly ParameterRule[] {
  if (name.includes('gpt-oss')) return GROQ_GPT_OSS
  if (name.includes('qwen3')) return GROQ_QWEN_3
  return name.includes('llama') ? GROQ_LLAMA : GROQ
}

function xaiRules(name: string): readonly ParameterRule[] {
  const effort = XAI_EFFORTS.filter(([pattern]) => pattern.test(name)).map(([, rule]) => rule)
  if (!/^grok-(?:3-mini|4|code)/.test(name)) return effort
  return name.includes('non-reasoning')
    ? [...XAI_PENALTIES, ...effort]
    : [...XAI_PENALTIES, XAI_STOP, ...effort]
}

function typeOf(format: unknown): unknown {
  return typeof format === 'object' && format !== null && 'type' in format ? format.type : undefined
}
