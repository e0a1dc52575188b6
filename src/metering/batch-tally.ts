/** Adds up the usage in a batch's file of answers, line by line as it passes, by model and price. */
import { isObject } from '../openai/is-object.ts'
import { usageBlock } from '../openai/usage-block.ts'
import { askedModel } from './asked-model.ts'
import type { Pricer } from './price.ts'
import { rateFor } from './price-row.ts'
import type { Terms } from './terms.ts'
import { INPUT_BUCKETS, noTokens, TOKEN_BUCKETS, type Tokens } from './tokens.ts'
import { usageFromWire } from './usage.ts'

/** Requests of one model that cost the same a token. */
export interface BatchShare {
  model: string
  tokens: Tokens
  terms: Terms & { requests: number }
}

export interface TallySubject {
  pricer: Pricer
  provider: string
  priceProvider: string | undefined
  /** Unix milliseconds. */
  at: number
}

/** Longer lines are answers that nobody's model gives. */
const MOST_LINE_BYTES = 64 * 1024 * 1024
const LINE_FEED = 0x0a

export class BatchTally {
  readonly #subject: TallySubject
  readonly #shares = new Map<string, BatchShare>()
  #pieces: Uint8Array[] = []
  #pieceBytes = 0
  #uncounted = 0

  constructor(subject: TallySubject) {
    this.#subject = subject
  }

  push(chunk: Uint8Array): void {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#keep(chunk.subarray(from, end))
      this.#takeLine()
      from = end + 1
    }
    this.#keep(chunk.subarray(from))
  }

  /** To be called once, after the last chunk. `uncounted` answers came without a usage that can be read. */
  finish(): { shares: readonly BatchShare[]; uncounted: number } {
    this.#takeLine()
    return { shares: [...this.#shares.values()], uncounted: this.#uncounted }
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#pieceBytes += bytes.byteLength
    // Copied: the transport may use its buffer again.
    if (this.#pieceBytes <= MOST_LINE_BYTES) this.#pieces.push(bytes.slice())
  }

  #takeLine(): void {
    const isTooLong = this.#pieceBytes > MOST_LINE_BYTES
    const text = isTooLong ? '' : decode(this.#pieces)
    this.#pieces = []
    this.#pieceBytes = 0
    if (isTooLong) this.#uncounted++
    else if (text.trim() !== '') this.#takeAnswer(text)
  }

  #takeAnswer(text: string): void {
    const answer = answerIn(text)
    if (answer === undefined) {
      this.#uncounted++
      return
    }
    // What the provider refused is not billed.
    if (answer.status >= 400) return
    const usage = usageFromWire(usageBlock(answer.body))
    if (usage === undefined || typeof answer.body.model !== 'string') {
      this.#uncounted++
      return
    }
    const share = this.#shareOf(
      askedModel(this.#subject.pricer, this.#subject, answer.body.model),
      usage.tokens,
    )
    for (const bucket of TOKEN_BUCKETS) share.tokens[bucket] += usage.tokens[bucket]
    addTerms(share.terms, usage.terms)
  }

  /** Long inputs may cost more a token: requests that do are summed up apart. */
  #shareOf(model: string, tokens: Tokens): BatchShare {
    let input = 0
    for (const bucket of INPUT_BUCKETS) input += tokens[bucket]
    const row = this.#subject.pricer.list({ ...this.#subject, model })?.row
    const rates = row?.inOrder.map((rate) => (rate === undefined ? 0 : rateFor(rate, input))) ?? []
    const key = JSON.stringify([model, rates])
    let share = this.#shares.get(key)
    if (share === undefined) {
      share = { model, tokens: noTokens(), terms: { serviceTier: 'batch', requests: 0 } }
      this.#shares.set(key, share)
    }
    return share
  }
}

function addTerms(sum: BatchShare['terms'], terms: Terms | undefined): void {
  sum.requests++
  for (const name of ['cachedAudio', 'cachedImage', 'webSearches'] as const) {
    const more = terms?.[name]
    if (more !== undefined) sum[name] = (sum[name] ?? 0) + more
  }
}

interface LineAnswer {
  status: number
  body: Record<string, unknown>
}

function answerIn(text: string): LineAnswer | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (!isObject(line)) return undefined
    if (isObject(line.result)) return anthropicAnswer(line.result)
    if (!isObject(line.response)) return isObject(line.error) ? FAILED : undefined
    const { status_code: status, body } = line.response
    if (!isObject(body)) return undefined
    return { status: typeof status === 'number' ? status : 200, body }
  } catch {
    return undefined
  }
}

/** What was `errored`, `canceled` or `expired` is not billed. */
function anthropicAnswer({ type, message }: Record<string, unknown>): LineAnswer | undefined {
  if (type !== 'succeeded') return FAILED
  return isObject(message) ? { status: 200, body: message } : undefined
}

/** The provider made no request of the line. */
const FAILED = { status: 500, body: {} }

function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  let text = ''
  for (const piece of pieces) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
