/** One conversation whose prompt was cut into blocks, and what tells, without reading it again, that another prompt continues it. */
import { isObject } from '../../openai/is-object.ts'
import { TextHash } from '../text-hash.ts'
import type { BlockWriter } from './block-writer.ts'
import { addPrint } from './message-print.ts'

/** Of the turns that were seen last: a caller that edits what was said edits the end, and what is left out moves all others. */
const LATEST_SIZES = 32
const LATEST = 4
/** Of those before, others each time. */
const DRAWN = 12

export class ConversationMemory {
  readonly writer: BlockWriter
  /** Under which it is found. */
  key: number | undefined
  readonly #sizes: number[] = []
  readonly #prints: number[] = []
  #looks = 0

  constructor(writer: BlockWriter) {
    this.writer = writer
  }

  /** Of eight bytes each, as much as it takes. */
  get weight(): number {
    return 64 + 2 * this.writer.count + 4 * this.#sizes.length
  }

  /**
   * By samples: to look at all 400 turns of a long conversation takes longer than all the rest of a choice. Who changes one of
   * the old turns may go unnoticed, which makes one estimate too high.
   */
  isContinuedBy(turns: readonly unknown[]): boolean {
    const count = this.#sizes.length
    if (turns.length < count) return false
    const latest = Math.max(0, count - LATEST)
    for (let at = latest; at < count; at++) if (printOf(turns[at]) !== this.#prints[at]) return false
    for (let at = Math.max(0, count - LATEST_SIZES); at < latest; at++)
      if (sizeOf(turns[at]) !== this.#sizes[at]) return false
    const step = Math.max(1, Math.floor(count / DRAWN))
    for (let at = this.#looks++ % step; at < latest; at += step)
      if (printOf(turns[at]) !== this.#prints[at]) return false
    return true
  }

  /** Writes what is new. @param lead turns that its writer had before any of these */
  grow(turns: readonly unknown[], lead: number): void {
    for (let at = this.#sizes.length; at < turns.length; at++) {
      if (at >= lead) this.writer.addValue(turns[at])
      this.#sizes.push(sizeOf(turns[at]))
      this.#prints.push(printOf(turns[at]))
    }
  }
}

function printOf(turn: unknown): number {
  const hash = new TextHash()
  addPrint(hash, turn, false)
  return hash.value
}

/** A number that differs where one more word was said, or another tool called. */
function sizeOf(turn: unknown): number {
  if (typeof turn === 'string') return turn.length
  if (!isObject(turn)) return 0
  const { content, tool_calls: calls, output, arguments: called } = turn
  let size = lengthOf(output) + lengthOf(called)
  if (typeof content === 'string') size += content.length
  else if (Array.isArray(content)) size += content.length * 65_537 + partSize(content.at(-1))
  if (Array.isArray(calls)) size += calls.length * 257 + partSize(calls[0])
  return size
}

function partSize(part: unknown): number {
  if (!isObject(part)) return 0
  const { text, content, function: called } = part
  return lengthOf(text) + lengthOf(content) + (isObject(called) ? lengthOf(called.arguments) : 0)
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0
}
