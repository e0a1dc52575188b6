/** What a question quotes. */
import { plainMarks } from './tokens.ts'

const QUOTED = /"([^"]{1,300})"|`([^`]{1,300})`|(?<=^|\s)'([^']{2,300})'(?=$|[\s.,;:!?)])/g

export function quotesOf(text: string): readonly string[] {
  if (!/["“”„«»`‘']/.test(text)) return NONE
  const found: string[] = []
  for (const [, double, tick, single] of plainMarks(text).matchAll(QUOTED)) {
    const words = (double ?? tick ?? single ?? '').toLowerCase().match(/[\p{L}\p{N}]+/gu)
    if (words !== null) found.push(words.join(' '))
  }
  return found
}

const NONE: readonly string[] = []
