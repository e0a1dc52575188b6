/** Members of Anthropic's objects that chat has no word for: they travel on chat's objects under their own names. */

type Fields = Readonly<Record<string, unknown>>

export const TEXT_EXTRAS = ['cache_control', 'citations'] as const
export const IMAGE_EXTRAS = ['cache_control', 'transformations'] as const
export const DOCUMENT_EXTRAS = ['cache_control', 'citations', 'context'] as const
export const TOOL_EXTRAS = [
  'cache_control',
  'allowed_callers',
  'defer_loading',
  'eager_input_streaming',
  'input_examples',
] as const
export const TOOL_USE_EXTRAS = ['cache_control', 'caller', 'toolset_name'] as const
export const TOOL_RESULT_EXTRAS = ['cache_control', 'is_error', 'toolset_name'] as const

/** Those of `names` that `source` states; null states nothing. */
export function extraMembers(source: Fields, names: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name of names) {
    if (source[name] !== undefined && source[name] !== null) found[name] = source[name]
  }
  return found
}

/** The same of a part of chat, whose own mark for prompt caches is OpenAI's `prompt_cache_breakpoint`. */
export function extrasOfPart(part: Fields, names: readonly string[]): Record<string, unknown> {
  const found = extraMembers(part, names)
  const marked = part.prompt_cache_breakpoint !== undefined && part.prompt_cache_breakpoint !== null
  if (marked && found.cache_control === undefined) found.cache_control = { type: 'ephemeral' }
  return found
}
