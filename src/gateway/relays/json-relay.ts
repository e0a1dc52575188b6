/** Carries a JSON answer: held whole and read before the caller sees any of it, up to a bound. */

import type { Conversion } from '../../conversion/conversion.ts'
import { concatenate } from '../../openai/concatenate.ts'
import { type EarlierCost, withEarlier } from '../earlier-cost.ts'
import type { EmbeddingMemory } from '../embeddings/embedding-memory.ts'
import { type Fault, fault } from '../fault.ts'
import { usd } from '../usd.ts'
import type { AnswerJudge } from './answer-judge.ts'
import type { AnswerWire } from './answer-wire.ts'
import type { AnswerSeen, Kept, Relay, RelayHost } from './relay.ts'
import { contentFiltered } from './stream-faults.ts'
import { StreamedRest } from './streamed-rest.ts'

/** Beyond this the answer streams through, and another target can no longer take over. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
/** What has to be said in other words, or joined with what is remembered, is held to its end. */
const MAX_CONVERTED_BYTES = 64 * 1024 * 1024
/** Of an answer without usage, for a tokenizer; a longer one is told by its size. */
const MAX_KEPT_BYTES = 256 * 1024

export interface JsonExpectation {
  /** In which the provider speaks. */
  wire: AnswerWire
  /** Where the caller speaks in another. */
  conversion: Conversion | undefined
  /** Where the provider keeps its answer: told under which id, and whether its usage is known by now. */
  kept: ((id: string, isCounted: boolean) => void) | undefined
  /** Of embeddings: joins the answer with what memory knows of it. */
  embeddings?: Pick<EmbeddingMemory, 'isPart' | 'join'> | undefined
  /** Undefined where the answer is told however it is. */
  judge?: AnswerJudge | undefined
  /** What the request's earlier attempts cost; undefined where there were none. */
  earlier?: EarlierCost | undefined
}

export class JsonRelay implements Relay {
  readonly #host: RelayHost
  readonly #expected: JsonExpectation
  #held: Uint8Array[] = []
  #heldBytes = 0
  #streamed: StreamedRest | undefined
  #over = false

  constructor(host: RelayHost, expected: JsonExpectation) {
    this.#host = host
    this.#expected = expected
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#streamed) return this.#streamed.pass(bytes)
    if (this.#heldBytes === 0) this.#host.firstContent()
    this.#held.push(bytes)
    this.#heldBytes += bytes.byteLength
    if (this.#heldBytes <= MAX_HELD_BYTES) return true
    const { conversion, embeddings, judge } = this.#expected
    const isHeld = conversion !== undefined || embeddings?.isPart === true || judge?.asksLogprobs === true
    if (!isHeld) return this.#beginStreaming()
    if (this.#heldBytes > MAX_CONVERTED_BYTES) this.broke(tooLarge(this.#host.provider))
    return true
  }

  end(): void {
    if (this.#over) return
    if (this.#streamed) return this.#endStreaming(this.#streamed)
    const bytes = concatenate(this.#held)
    const answer = this.#expected.wire.readAnswer(bytes)
    const { provider } = this.#host
    if (answer.kind === 'malformed') {
      return this.broke(fault('malformed', `Provider ${provider} sent an answer that is not whole JSON.`))
    }
    if (answer.kind === 'error') {
      return this.broke(
        fault('server_error', `Provider ${provider} answered 200 with an error: ${answer.message}`, {
          note: `Provider ${provider} answered 200 with an error.`,
        }),
      )
    }
    if (answer.finishReason === 'content_filter' && answer.outputCharacters === 0) {
      const filtered = contentFiltered(provider)
      if (this.#host.mayMoveOn(filtered)) return this.broke(filtered)
    }
    const verdict = this.#expected.judge?.verdictOf(bytes)
    const told = this.#inCallersWords(this.#expected.judge?.told(bytes) ?? bytes)
    if (told === undefined) {
      return this.broke(
        fault('malformed', `Provider ${provider} answered with other embeddings than it was asked for.`),
      )
    }
    if (answer.id !== undefined) this.#expected.kept?.(answer.id, answer.usage !== undefined)
    const { usage, outputCharacters } = answer
    const isCounted = usage !== undefined || !this.#host.keepsText || bytes.length > MAX_KEPT_BYTES
    const text: Kept | undefined = isCounted ? undefined : { form: 'json', pieces: [bytes] }
    const seen = { usage, outputCharacters, text }
    if (verdict !== undefined && this.#host.mayMoveOn(verdict)) return this.#keepBack(verdict, told, seen)
    this.#tell(told, seen)
    this.#endWhole(seen)
  }

  broke(it: Fault): void {
    if (this.#over) return
    this.#over = true
    if (!this.#streamed) return this.#host.ended({ kind: 'faulty', fault: it })
    // There is no way to say so inside half a JSON body: cutting the connection is the only honest end.
    this.#host.sink.fail()
    this.#host.ended({ kind: 'cut', seen: this.seen(), fault: it })
  }

  seen(): AnswerSeen {
    return { usage: undefined, outputCharacters: this.#streamed?.passedBytes ?? this.#heldBytes }
  }

  /** Undefined where it is no answer to what was asked. */
  #inCallersWords(bytes: Uint8Array): Uint8Array | undefined {
    const { conversion, embeddings } = this.#expected
    if (conversion === undefined) return embeddings === undefined ? bytes : embeddings.join(bytes)
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    return new TextEncoder().encode(JSON.stringify(conversion.answer(answer)))
  }

  /** The next tier is asked; what came is told where that comes to nothing. */
  #keepBack(verdict: Fault, bytes: Uint8Array, seen: AnswerSeen): void {
    this.#over = true
    const tell = (): void => {
      this.#tell(bytes, seen)
      this.#host.sink.end()
    }
    this.#host.ended({ kind: 'faulty', fault: verdict, spoken: { seen, tell } })
  }

  #tell(bytes: Uint8Array, seen: AnswerSeen): void {
    const metered = this.#host.meter(seen)
    const costNanoUsd = withEarlier(metered.costNanoUsd, this.#expected.earlier)
    const headers = ['content-length', String(bytes.byteLength)]
    // What runs in the background costs nothing yet.
    if (costNanoUsd !== undefined && metered.usage.source !== 'absent')
      headers.push('x-trimtab-cost-usd', usd(costNanoUsd))
    this.#host.release(headers)
    this.#host.sink.write(bytes)
  }

  #endStreaming({ tail, passedBytes }: StreamedRest): void {
    if (!tail.closed) {
      return this.broke(fault('reset', `Provider ${this.#host.provider} ended its answer in the middle.`))
    }
    this.#endWhole({ usage: tail.usage, outputCharacters: passedBytes })
  }

  #endWhole(seen: AnswerSeen): void {
    this.#over = true
    this.#host.sink.end()
    this.#host.ended({ kind: 'whole', seen })
  }

  #beginStreaming(): boolean {
    const held = concatenate(this.#held)
    this.#held = []
    this.#streamed = new StreamedRest(this.#host)
    this.#host.release([])
    return this.#streamed.pass(held)
  }
}

function tooLarge(provider: string): Fault {
  return fault(
    'malformed',
    `Provider ${provider} sent an answer of more than ${MAX_CONVERTED_BYTES} bytes, too large to be held whole.`,
  )
}
