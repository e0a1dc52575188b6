/** Takes the one answer to several callers' embeddings apart: each gets its own vectors and its share of the usage. */
import { concatenate } from '../openai/concatenate.ts'
import { isObject } from '../openai/is-object.ts'
import type { Member } from '../openai/model-request.ts'
import { parseJsonBytes } from '../openai/parse-json.ts'
import { scanMembers } from '../openai/scan-members.ts'
import { type EmbeddingInput, readEmbeddings, vectorList } from './embedding-rows.ts'

const NANO = 1e9

/**
 * @param callers the inputs of each, in the order in which they were sent
 * @returns the answer of each; undefined where `answer` is none to all of these inputs
 */
export function splitEmbeddings(
  answer: Uint8Array,
  callers: readonly (readonly EmbeddingInput[])[],
): readonly Uint8Array[] | undefined {
  const counts = callers.map((inputs) => inputs.length)
  const read = readEmbeddings(answer, sum(counts))
  if (read === undefined) return undefined
  const { bytes, vectors, data } = read
  const usage = scanMembers(bytes).get('usage')
  const told = usage && parseJsonBytes(bytes.subarray(usage.valueStart, usage.valueEnd))
  const weights = callers.map((inputs) => sum(inputs.map(({ length }) => length)))
  const shares = sharesOfUsage(told, weights)
  const encoder = new TextEncoder()
  let from = 0
  return counts.map((count, index) => {
    const own = { ...data, by: vectorList(vectors.slice(from, from + count)) }
    from += count
    if (usage === undefined || told === undefined) return replaced(bytes, [own])
    const share = { ...usage, by: [encoder.encode(JSON.stringify(shares[index]))] }
    return replaced(bytes, usage.valueStart < data.valueStart ? [share, own] : [own, share])
  })
}

/** `values` in the order of their places. */
function replaced(
  bytes: Uint8Array,
  values: readonly (Pick<Member, 'valueStart' | 'valueEnd'> & { by: readonly Uint8Array[] })[],
): Uint8Array {
  const parts: Uint8Array[] = []
  let from = 0
  for (const { valueStart, valueEnd, by } of values) {
    parts.push(bytes.subarray(from, valueStart), ...by)
    from = valueEnd
  }
  return concatenate([...parts, bytes.subarray(from)])
}

/**
 * Every number of a usage is shared out by weight, so that the shares sum up to it: whole numbers to the unit, fractions
 * (a cost in dollars) to the billionth. What is no number is everybody's.
 */
export function sharesOfUsage(usage: unknown, weights: readonly number[]): readonly unknown[] {
  if (typeof usage === 'number') return sharesOfNumber(usage, weights)
  if (!isObject(usage)) return weights.map(() => usage)
  const members = Object.entries(usage).map(([name, value]) => [name, sharesOfUsage(value, weights)] as const)
  return weights.map((_, index) =>
    Object.fromEntries(members.map(([name, shares]) => [name, shares[index]] as const)),
  )
}

function sharesOfNumber(whole: number, weights: readonly number[]): number[] {
  const unit = Number.isInteger(whole) ? 1 : NANO
  const units = Math.round(Number((whole * unit).toPrecision(15)))
  const total = sum(weights)
  let weighed = 0
  let given = 0
  return weights.map((weight, index) => {
    weighed += weight
    const part = total === 0 ? (index + 1) / weights.length : weighed / total
    const until = Math.round(units * part)
    const share = until - given
    given = until
    return share / unit
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
