/** The tags of a remembered question, as they lie in `cache.db`. */
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'

/** Undefined where they are damaged. */
export function storedTags(text: string): Readonly<Record<string, string>> | undefined {
  if (text === '{}') return {}
  const tags = parseJson(text)
  const isSound = isObject(tags) && Object.values(tags).every((value) => typeof value === 'string')
  return isSound ? (tags as Record<string, string>) : undefined
}
