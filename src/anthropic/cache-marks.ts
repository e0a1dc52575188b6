/**
 * Prompt caches of Anthropic's API: where `cache_control` may stand in a request, and from which length on it is taken.
 * Source: Anthropic's page on prompt caching; the lengths as LiteLLM's page on it lists them in October 2026.
 */
import { isObject } from '../openai/is-object.ts'
import {
  atEndOfContent,
  atEndOfMember,
  atEndOfObject,
  type ContentWords,
  type MarkedPart,
  type MarkPlace,
} from '../openai/mark-place.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { newestAndEarlier, type PromptHead } from '../openai/prompt-head.ts'
import { anyMarked } from '../openai/prompt-marks.ts'
import { scanArrayAt } from '../openai/scan-members.ts'
import type { PlacedMessage } from '../openai/turns-of.ts'

type Fields = Readonly<Record<string, unknown>>

const OPEN_BRACKET = 0x5b
const LONGEST_MINIMUM = 4096

/** By parts of names, the first that fits; shorter prompts are not kept, and nobody says so. */
const MINIMUM_TOKENS: readonly [name: RegExp, tokens: number][] = [
  [/claude-(?:opus|fable|mythos)-5/, 512],
  [/claude-opus-4-[56](?!\d)/, 4096],
  [/claude-opus-4-7(?!\d)/, 2048],
  [/claude-haiku-4-5(?!\d)/, 4096],
  [/claude-(?:3-haiku|3-5-haiku)/, 2048],
  [/claude-(?:sonnet|opus|3)/, 1024],
]

/** Thinking is kept with what stands around it, and refuses marks of its own; so do empty texts. */
const WORDS: ContentWords = {
  textType: 'text',
  isMarkable: ({ type, text }) =>
    type === 'text'
      ? typeof text === 'string' && text.trim() !== ''
      : type !== 'thinking' && type !== 'redacted_thinking',
}

export function minimumTokens(model: string): number {
  const name = model.toLowerCase().replaceAll('.', '-')
  return MINIMUM_TOKENS.find(([pattern]) => pattern.test(name))?.[1] ?? LONGEST_MINIMUM
}

/** Whether the caller has marked anything: then all marks are the caller's. */
export function hasCacheMarks({ cache_control: whole, tools, system, messages }: Fields): boolean {
  return whole != null || [tools, system, messages].some((list) => anyMarked(list, 'cache_control'))
}

/** At most four, as the API takes; in the order of the prompt. */
export function cachePlaces(request: ModelRequest, { turns }: PromptHead): readonly MarkPlace[] {
  const { bytes, members, body } = request
  const places: MarkPlace[] = []
  let prefixBytes = 0
  const tools = members.get('tools')
  if (tools !== undefined && Array.isArray(body.tools) && bytes[tools.valueStart] === OPEN_BRACKET) {
    prefixBytes += tools.valueEnd - tools.valueStart
    // Tools that are loaded later are no part of the prompt's beginning, and refuse marks.
    const index = body.tools.findLastIndex((tool) => isObject(tool) && tool.defer_loading !== true)
    const end = index < 0 ? undefined : scanArrayAt(bytes, tools.valueStart)[index]?.end
    if (end !== undefined) places.push({ part: 'tools', prefixBytes, splices: atEndOfObject(end) })
  }
  const system = members.get('system')
  if (system !== undefined) {
    const span = { start: system.valueStart, end: system.valueEnd }
    prefixBytes += span.end - span.start
    const splices = atEndOfContent(bytes, span, body.system, WORDS)
    if (splices !== undefined) places.push({ part: 'system', prefixBytes, splices })
  }
  const { newest, earlier } = newestAndEarlier(turns)
  const begin = turns[0]?.start ?? 0
  for (const [part, message] of [
    ['earlier turn', earlier],
    ['newest turn', newest],
  ] as const) {
    const place = message && placeIn(bytes, part, message, prefixBytes - begin)
    if (place !== undefined) places.push(place)
  }
  return places
}

function placeIn(
  bytes: Uint8Array,
  part: MarkedPart,
  { start, end, message }: PlacedMessage,
  ahead: number,
): MarkPlace | undefined {
  const splices = isObject(message) ? atEndOfMember(bytes, start, message, 'content', WORDS) : undefined
  return splices && { part, prefixBytes: ahead + end, splices }
}
