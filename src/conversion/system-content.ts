/** A chat system prompt out of its parts: one text where nothing is marked on them, because many servers take no lists there. */
import type { Fields } from './converted.ts'

export function systemContent(parts: readonly Fields[]): string | readonly Fields[] {
  const isPlain = parts.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  return isPlain ? parts.map(({ text }) => String(text)).join('\n\n') : parts
}
