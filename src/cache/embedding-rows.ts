/**
 * Takes requests and answers of `/v1/embeddings` apart, input by input, and puts them together again. A remembered input is
 * what the request for it alone would be, so that it stands for any request that holds it, whatever it was asked with.
 * Vectors are passed on as the provider's bytes: parsing 1536 numbers takes longer than finding where they end.
 */
import { concatenate } from '../openai/concatenate.ts'
import { isObject } from '../openai/is-object.ts'
import type { Member } from '../openai/model-request.ts'
import { parseJson } from '../openai/parse-json.ts'
import { scanMembers, scanObjectAt } from '../openai/scan-members.ts'

/** A text, or its tokens. */
export type EmbeddingInput = string | readonly number[]

const QUOTE = 0x22
const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d
const OPEN_BRACE = 0x7b
const COMMA = 0x2c

const BEGINNING = '{"object":"list","data":'
const rowBeginning = (index: number): string => `{"object":"embedding","index":${index},"embedding":`
const OWN_BEGINNING = new TextEncoder().encode(`${BEGINNING}[${rowBeginning(0)}`)

/** The inputs of a body, in their order; undefined where it holds none that can be told apart. */
export function inputsOf({
  input,
}: Readonly<Record<string, unknown>>): readonly EmbeddingInput[] | undefined {
  if (typeof input === 'string') return [input]
  if (!Array.isArray(input) || input.length === 0) return undefined
  if (input.every((item) => typeof item === 'number')) return [input]
  const isInput = (item: unknown): item is EmbeddingInput =>
    typeof item === 'string' || (Array.isArray(item) && item.every((token) => typeof token === 'number'))
  return input.every(isInput) ? input : undefined
}

/** The body that asks for this input alone, and otherwise for the same. */
export function bodyOfOne(
  body: Readonly<Record<string, unknown>>,
  input: EmbeddingInput,
): Readonly<Record<string, unknown>> {
  return { ...body, input }
}

/** The body that asks for these inputs, and otherwise for the same. */
export function bodyOfMany(
  body: Readonly<Record<string, unknown>>,
  inputs: readonly EmbeddingInput[],
): Readonly<Record<string, unknown>> {
  return { ...body, input: inputs }
}

/** An answer as it was read. */
export interface EmbeddingAnswer {
  bytes: Uint8Array
  /** As JSON, by the index of their input, whatever order they came in. */
  vectors: readonly Uint8Array[]
  /** Which model it says it is of. */
  model: string | undefined
  /** Where `data` lies. */
  data: Pick<Member, 'valueStart' | 'valueEnd'>
}

/** @returns undefined where it is no answer to `count` inputs: nothing of it is to be remembered */
export function readEmbeddings(bytes: Uint8Array, count: number): EmbeddingAnswer | undefined {
  try {
    const own = count === 1 ? readOwnRow(bytes) : undefined
    if (own !== undefined) return own
    const members = scanMembers(bytes)
    const data = members.get('data')
    if (data === undefined) return undefined
    const vectors = new Map<number, Uint8Array>()
    for (const { index, vector } of rowsIn(bytes, data.valueStart, data.valueEnd)) vectors.set(index, vector)
    const inOrder = Array.from({ length: count }, (_, index) => vectors.get(index))
    if (vectors.size !== count || !inOrder.every((vector) => vector !== undefined)) return undefined
    return { bytes, vectors: inOrder, model: modelIn(bytes, members.get('model')), data }
  } catch {
    return undefined
  }
}

/** As `answerOf` writes one vector, which is most of what is looked up: where it ends the engine can search. */
function readOwnRow(bytes: Uint8Array): EmbeddingAnswer | undefined {
  const start = OWN_BEGINNING.length
  if (!OWN_BEGINNING.every((byte, index) => bytes[index] === byte)) return undefined
  const end = bytes.indexOf(bytes[start] === QUOTE ? QUOTE : CLOSE_BRACKET, start + 1) + 1
  const isEnd = bytes[end] === CLOSE_BRACE && bytes[end + 1] === CLOSE_BRACKET
  if (end === 0 || !isEnd) return undefined
  const rest = new TextDecoder().decode(bytes.subarray(end + 2)).replace(/^,/, '{')
  const members: unknown = rest === '}' ? {} : parseJson(rest)
  if (!isObject(members)) return undefined
  const { model } = members
  return {
    bytes,
    vectors: [bytes.subarray(start, end)],
    model: typeof model === 'string' ? model : undefined,
    data: { valueStart: BEGINNING.length, valueEnd: end + 2 },
  }
}

function modelIn(bytes: Uint8Array, member: Member | undefined): string | undefined {
  if (member === undefined) return undefined
  const model = parseJson(new TextDecoder().decode(bytes.subarray(member.valueStart, member.valueEnd)))
  return typeof model === 'string' ? model : undefined
}

export interface EmbeddingUsage {
  prompt_tokens: number
  total_tokens: number
}

/** An answer in OpenAI's form; without the members that nobody told. */
export function answerOf(
  vectors: readonly Uint8Array[],
  model: string | undefined,
  usage: unknown,
): Uint8Array {
  const encoder = new TextEncoder()
  const rest = JSON.stringify({ model, usage })
  const end = rest === '{}' ? '}' : `,${rest.slice(1)}`
  return concatenate([encoder.encode(BEGINNING), ...vectorList(vectors), encoder.encode(end)])
}

/** The provider's answer with other vectors, all else as it came. */
export function withVectors(
  { bytes, data }: Pick<EmbeddingAnswer, 'bytes' | 'data'>,
  vectors: readonly Uint8Array[],
): Uint8Array {
  return concatenate([
    bytes.subarray(0, data.valueStart),
    ...vectorList(vectors),
    bytes.subarray(data.valueEnd),
  ])
}

/**
 * What each input took of a usage, by its length: the provider only tells the sum, and the shares sum up to it.
 * @returns undefined where the provider told none
 */
export function sharesOf(
  usage: unknown,
  inputs: readonly EmbeddingInput[],
): readonly EmbeddingUsage[] | undefined {
  const whole = isObject(usage) ? usage.prompt_tokens : undefined
  if (typeof whole !== 'number' || !Number.isSafeInteger(whole) || whole < 0) return undefined
  const lengths = inputs.map((input) => input.length)
  const sum = lengths.reduce((total, length) => total + length, 0)
  let length = 0
  let told = 0
  return lengths.map((own, index) => {
    length += own
    const until =
      sum === 0 ? Math.round((whole * (index + 1)) / inputs.length) : Math.round((whole * length) / sum)
    const tokens = until - told
    told = until
    return { prompt_tokens: tokens, total_tokens: tokens }
  })
}

/** Value of `data`, in pieces: each vector with the index of its input. */
export function vectorList(vectors: readonly Uint8Array[]): Uint8Array[] {
  const encoder = new TextEncoder()
  const parts: Uint8Array[] = []
  for (const [index, vector] of vectors.entries()) {
    parts.push(encoder.encode(`${index === 0 ? '[' : '},'}${rowBeginning(index)}`), vector)
  }
  parts.push(encoder.encode(vectors.length === 0 ? '[]' : '}]'))
  return parts
}

function* rowsIn(
  bytes: Uint8Array,
  start: number,
  end: number,
): Generator<{ index: number; vector: Uint8Array }> {
  let at = afterSpace(bytes, start + 1)
  while (at < end && bytes[at] === OPEN_BRACE) {
    const members = scanObjectAt(bytes, at)
    const index = members.find(({ name }) => name === 'index')
    const vector = members.find(({ name }) => name === 'embedding')
    const last = members.at(-1)
    if (index === undefined || vector === undefined || last === undefined) throw new Error('no row')
    yield {
      index: JSON.parse(new TextDecoder().decode(bytes.subarray(index.valueStart, index.valueEnd))),
      vector: bytes.subarray(vector.valueStart, vector.valueEnd),
    }
    at = afterSpace(bytes, afterSpace(bytes, last.valueEnd) + 1)
    if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1)
  }
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
