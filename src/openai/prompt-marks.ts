/** Marks for prompt caches by their names: they move with the turns, and are no part of what a model reads. */
import { isObject } from './is-object.ts'

export type MarkName = 'cache_control' | 'prompt_cache_breakpoint'

export function isMark(key: string): key is MarkName {
  return key === 'cache_control' || key === 'prompt_cache_breakpoint'
}

/** Whether any of a list of messages, or of parts of content, has that mark, or within it a part has. */
export function anyMarked(list: unknown, name: MarkName): boolean {
  if (!Array.isArray(list)) return false
  for (const item of list) {
    if (!isObject(item)) continue
    if (item[name] != null || anyMarked(item.content, name) || anyMarked(item.output, name)) return true
  }
  return false
}

/** Of JSON whose end may be missing. */
export function withoutMarks(json: string): string {
  if (!json.includes('"cache_control"') && !json.includes('"prompt_cache_breakpoint"')) return json
  return json.replace(/,?\s*"(?:cache_control|prompt_cache_breakpoint)"\s*:\s*(?:null|\{[^{}]*\})/g, '')
}
