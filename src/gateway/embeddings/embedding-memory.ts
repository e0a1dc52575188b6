/** What memory and a provider know of one request's embeddings, and how their vectors become one answer. */
import {
  answerOf,
  type EmbeddingAnswer,
  type EmbeddingInput,
  type EmbeddingUsage,
  readEmbeddings,
  sharesOf,
  withVectors,
} from '../../cache/embedding-rows.ts'
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import { noTokens, TOKEN_BUCKETS } from '../../metering/tokens.ts'
import { isObject } from '../../openai/is-object.ts'
import type { Answered } from '../attempt-result.ts'
import type { Target } from '../outbound.ts'

/** One that is asked for several times is one. */
export interface SplitInput {
  /** Of the request for it alone. */
  key: string
  input: EmbeddingInput
  known: Known | undefined
}

interface Known {
  answer: RememberedAnswer
  vector: Uint8Array
  /** As its answer says. */
  model: string | undefined
}

/** Whose answer it was, when, and for how long it is kept. */
export type RowFacts = Pick<RememberedAnswer, 'tenant' | 'workflow' | 'createdAt' | 'expiresAt'>

/** A joined answer is held whole. */
const MOST_JOINED_BYTES = 48 * 1024 * 1024

export class EmbeddingMemory {
  readonly distinct: readonly SplitInput[]
  readonly #inOrder: readonly SplitInput[]
  /** Of the first that is known: vectors of two models must not meet in one answer. */
  #source: RememberedAnswer | undefined
  /** Where only these are asked for. */
  #missing: readonly SplitInput[] | undefined
  #fetched: EmbeddingAnswer | undefined

  constructor(inOrder: readonly SplitInput[], distinct: readonly SplitInput[]) {
    this.#inOrder = inOrder
    this.distinct = distinct
  }

  get count(): number {
    return this.#inOrder.length
  }

  /** How many inputs of the request are known. */
  get knownCount(): number {
    return this.#inOrder.reduce((count, { known }) => (known === undefined ? count : count + 1), 0)
  }

  /** Whether the provider is asked for a part alone. */
  get isPart(): boolean {
    return this.#missing !== undefined
  }

  know(split: SplitInput, answer: RememberedAnswer): void {
    const { vectors: [vector] = [], model } = readEmbeddings(answer.body, 1) ?? {}
    if (vector === undefined || vector.byteLength * this.count > MOST_JOINED_BYTES) return
    this.#source ??= answer
    if (isSameSource(this.#source, answer)) split.known = { answer, vector, model }
  }

  /** Nothing is known any more: all is asked for. */
  forget(): void {
    this.#source = undefined
    for (const split of this.distinct) split.known = undefined
  }

  /** The whole answer, as a repeat of it would be remembered; undefined where memory does not know all. */
  whole(): RememberedAnswer | undefined {
    const vectors = this.#inOrder.flatMap(({ known }) => (known === undefined ? [] : [known.vector]))
    const part = vectors.length === this.count ? this.known() : undefined
    return part && { ...part, body: answerOf(vectors, this.#inOrder[0]?.known?.model, part.usage) }
  }

  /** What is known taken together, each input once: who told it, and what it took. `body` is one input's. */
  known(): RememberedAnswer | undefined {
    const answers = this.distinct.flatMap(({ known }) => (known === undefined ? [] : [known.answer]))
    const [first] = answers
    if (first === undefined) return undefined
    const tokens = noTokens()
    for (const { tokens: own } of answers) for (const bucket of TOKEN_BUCKETS) tokens[bucket] += own[bucket]
    return {
      ...first,
      tokens,
      usage: summed(answers.map(({ usage }) => usage)),
      createdAt: Math.min(...answers.map(({ createdAt }) => createdAt)),
      expiresAt: Math.min(...answers.map(({ expiresAt }) => expiresAt)),
    }
  }

  /** The inputs to be asked for by themselves; undefined where all are, since others than these targets told the rest. */
  askForRest(targets: readonly Target[]): readonly EmbeddingInput[] | undefined {
    const told = this.#source
    if (told === undefined) return undefined
    const isTeller = ({ provider, model, conversion }: Target): boolean =>
      conversion === undefined && provider.name === told.provider && model === told.model
    if (!targets.every(isTeller)) return undefined
    this.#missing = this.distinct.filter(({ known }) => known === undefined)
    return this.#missing.map(({ input }) => input)
  }

  /** The caller's answer out of the provider's; undefined where that is none to what was asked. */
  join(answer: Uint8Array): Uint8Array | undefined {
    const asked = this.#asked()
    const read = readEmbeddings(answer, asked.length)
    if (read === undefined) return this.isPart ? undefined : answer
    this.#fetched = read
    if (!this.isPart) return answer
    const fetched = new Map(asked.map((split, index) => [split, read.vectors[index] as Uint8Array]))
    return withVectors(
      read,
      this.#inOrder.map((split) => split.known?.vector ?? (fetched.get(split) as Uint8Array)),
    )
  }

  /** What the provider told, each input as an answer of its own with its share of the usage. */
  rows({ target, usage, metered }: Answered, facts: RowFacts): readonly RememberedAnswer[] {
    if (this.#fetched === undefined) return []
    const { vectors, model } = this.#fetched
    const asked = this.#asked()
    const inputs = asked.map(({ input }) => input)
    const told = sharesOf(usage, inputs)
    const shares = told ?? sharesOf({ prompt_tokens: metered.usage.tokens.input }, inputs)
    return asked.map(({ key }, index) => {
      const share = shares?.[index]
      const ownUsage = told && withTier(usage, share)
      return {
        key,
        provider: target.provider.name,
        model: target.model,
        tier: target.tier,
        form: 'json',
        contentType: 'application/json',
        body: answerOf([vectors[index] as Uint8Array], model, ownUsage),
        usage: ownUsage,
        tokens: { ...noTokens(), input: share?.prompt_tokens ?? 0 },
        ...facts,
      }
    })
  }

  #asked(): readonly SplitInput[] {
    return this.#missing ?? this.#inOrder
  }
}

function isSameSource(one: RememberedAnswer, other: RememberedAnswer): boolean {
  return (
    one.provider === other.provider &&
    one.model === other.model &&
    one.tier === other.tier &&
    tierOf(one.usage) === tierOf(other.usage)
  )
}

/** A usage may name the service tier that decides its price. */
function tierOf(usage: unknown): unknown {
  return isObject(usage) ? usage.service_tier : undefined
}

function withTier(usage: unknown, share: EmbeddingUsage | undefined): unknown {
  const tier = tierOf(usage)
  return tier === undefined ? share : { ...share, service_tier: tier }
}

/** Undefined where one was not told. */
function summed(usages: readonly unknown[]): unknown {
  let tokens = 0
  for (const usage of usages) {
    const own = isObject(usage) ? usage.prompt_tokens : undefined
    if (typeof own !== 'number') return undefined
    tokens += own
  }
  return withTier(usages[0], { prompt_tokens: tokens, total_tokens: tokens })
}
