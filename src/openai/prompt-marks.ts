/** Marks for prompt caches by their names: they move with the turns, and are no part of what a model reads. */

export function isMark(key: string): boolean {
  return key === 'cache_control' || key === 'prompt_cache_breakpoint'
}

/** Of JSON whose end may be missing. */
export function withoutMarks(json: string): string {
  if (!json.includes('"cache_control"') && !json.includes('"prompt_cache_breakpoint"')) return json
  return json.replace(/,?\s*"(?:cache_control|prompt_cache_breakpoint)"\s*:\s*(?:null|\{[^{}]*\})/g, '')
}
