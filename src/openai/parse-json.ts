/** JSON that may be none, or not what it should be. */
import { isObject } from './is-object.ts'

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As `parseJson`, of UTF-8; undefined also where the bytes are none. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  try {
    // Made anew each time: a decoder that threw once may keep state.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Undefined also where the JSON is no object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return isObject(value) ? value : undefined
}
