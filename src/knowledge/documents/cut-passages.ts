/** Blocks of a document → passages of a size that is found and quoted well. */
import { sentencesOf } from '../sentences.ts'
import type { Block } from './block.ts'

export interface CutPassage {
  heading: string
  question: string | undefined
  text: string
  marks: readonly (readonly [offset: number, line: number])[]
}

/** Shorter ones are joined to what follows below the same headings, up to the second; beyond the third they are cut. */
const ALONE_WORDS = 60
const JOINED_WORDS = 140
const MOST_WORDS = 260

export function cutPassages(blocks: readonly Block[]): CutPassage[] {
  const passages: CutPassage[] = []
  let open: CutPassage | undefined
  for (const block of blocks) {
    const heading = block.headings.join(' > ')
    const whole: CutPassage = { heading, question: block.question, text: block.text, marks: block.marks }
    if (block.question !== undefined) {
      passages.push(whole)
      open = undefined
      continue
    }
    const parts = cut(whole)
    const [first] = parts
    if (open !== undefined && first !== undefined && parts.length === 1 && fits(open, first)) {
      open = joined(open, first)
      passages[passages.length - 1] = open
    } else {
      passages.push(...parts)
      open = parts.at(-1)
    }
  }
  return passages
}

function fits(open: CutPassage, next: CutPassage): boolean {
  const [words, more] = [wordsIn(open.text), wordsIn(next.text)]
  return open.heading === next.heading && Math.min(words, more) < ALONE_WORDS && words + more <= JOINED_WORDS
}

function joined(one: CutPassage, two: CutPassage): CutPassage {
  const text = `${one.text}\n\n${two.text}`
  const shift = one.text.length + 2
  return {
    ...one,
    text,
    marks: [...one.marks, ...two.marks.map(([at, line]) => [at + shift, line] as const)],
  }
}

/** At the ends of sentences, into parts of about one size. */
function cut(passage: CutPassage): CutPassage[] {
  const words = wordsIn(passage.text)
  if (words <= MOST_WORDS) return [passage]
  const size = words / Math.ceil(words / MOST_WORDS)
  const parts: CutPassage[] = []
  let begin = 0
  let counted = 0
  const sentences = sentencesOf(passage.text)
  for (const [index, { begin: from, end }] of sentences.entries()) {
    counted += wordsIn(passage.text.slice(from, end))
    const next = sentences[index + 1]?.begin
    if (next === undefined) parts.push(part(passage, begin, end))
    else if (counted >= size) {
      parts.push(part(passage, begin, end))
      begin = next
      counted = 0
    }
  }
  return parts
}

function part(passage: CutPassage, begin: number, end: number): CutPassage {
  const before = passage.marks.findLast(([at]) => at <= begin)
  const within = passage.marks.filter(([at]) => at > begin && at < end)
  const marks = [
    ...(before === undefined ? [] : [[0, before[1]] as const]),
    ...within.map(([at, line]) => [at - begin, line] as const),
  ]
  return { ...passage, text: passage.text.slice(begin, end), marks }
}

function wordsIn(text: string): number {
  return text.split(/\s+/).length
}
