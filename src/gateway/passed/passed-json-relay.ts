/** Carries the JSON answer to a request that was passed through: held while it is short, so that what it made is known before its caller knows. */
import { withResultsHere } from '../../anthropic/batch-answer.ts'
import { concatenate } from '../../openai/concatenate.ts'
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import { type Fault, fault } from '../fault.ts'
import type { Journey } from '../journey.ts'
import { readsBackground, settleRead } from '../late/background-reading.ts'
import type { Destination } from '../outbound.ts'
import type { AnswerSeen, Relay, RelayHost } from '../relays/relay.ts'
import { StreamedRest } from '../relays/streamed-rest.ts'
import { usd } from '../usd.ts'
import { accountsOfChats, mergedChats } from './kept-chats.ts'
import { ownList } from './own-list.ts'
import { isSharedList, rememberMadeIn, seenIn } from './passed-answer.ts'

/** Longer answers stream through: images, mostly, whose usage stands at their end. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
/** What is billed by its reading is held to its end. */
const MAX_BILLED_BYTES = 64 * 1024 * 1024

export class PassedJsonRelay implements Relay {
  readonly #host: RelayHost
  readonly #journey: Journey
  readonly #destination: Destination
  readonly #request: PassedRequest
  #held: Uint8Array[] = []
  #heldBytes = 0
  #streamed: StreamedRest | undefined
  #over = false

  constructor(host: RelayHost, journey: Journey, destination: Destination, request: PassedRequest) {
    this.#host = host
    this.#journey = journey
    this.#destination = destination
    this.#request = request
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#streamed) return this.#streamed.pass(bytes)
    if (this.#heldBytes === 0) this.#host.firstContent()
    this.#held.push(bytes)
    this.#heldBytes += bytes.byteLength
    const isBilled = readsBackground(this.#journey)
    if (this.#heldBytes <= (isBilled ? MAX_BILLED_BYTES : MAX_HELD_BYTES)) return true
    if (!isSharedList(this.#journey)) return this.#beginStreaming()
    this.broke(fault('malformed', `Provider ${this.#host.provider} sent a list too large to be searched.`))
    return true
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    if (this.#streamed) {
      this.#host.sink.end()
      const { usage } = this.#streamed.tail
      this.#host.ended({ kind: 'whole', seen: { usage, outputCharacters: 0 } })
    } else void this.#answer(concatenate(this.#held))
  }

  broke(it: Fault): void {
    if (this.#over) return
    this.#over = true
    if (!this.#streamed) return this.#host.ended({ kind: 'faulty', fault: it })
    this.#host.sink.fail()
    this.#host.ended({ kind: 'cut', seen: this.seen(), fault: it })
  }

  seen(): AnswerSeen {
    return { usage: undefined, outputCharacters: 0 }
  }

  /** What is no JSON after all passes as it is, but for a list that others' entries may be in. */
  async #answer(bytes: Uint8Array): Promise<void> {
    const answer = parsed(bytes)
    const isList = isSharedList(this.#journey)
    if (answer === undefined && isList) {
      const unreadable = fault('malformed', `Provider ${this.#host.provider} sent a list that is not JSON.`)
      return this.#host.ended({ kind: 'faulty', fault: unreadable })
    }
    const told = answer === undefined ? bytes : await this.#told(bytes, answer, isList)
    if (told === undefined) return
    // The caller may have left while that was written.
    if (this.#journey.stop.reason === 'departed') return
    const seen = seenIn(this.#request, answer)
    const { costNanoUsd } = this.#host.meter(seen)
    // An answer without a body, as to some deletions, has no length either.
    const headers = bytes.byteLength === 0 ? [] : ['content-length', String(told.byteLength)]
    if (costNanoUsd !== undefined) headers.push('x-trimtab-cost-usd', usd(costNanoUsd))
    this.#host.release(headers)
    if (told.byteLength > 0) this.#host.sink.write(told)
    this.#host.sink.end()
    this.#host.ended({ kind: 'whole', seen })
  }

  async #told(
    bytes: Uint8Array,
    answer: Record<string, unknown>,
    isList: boolean,
  ): Promise<Uint8Array | undefined> {
    if (readsBackground(this.#journey) && !(await this.#billed(answer))) return undefined
    await rememberMadeIn(this.#journey, this.#destination, answer)
    const own = await this.#listed(answer, isList)
    const told = this.#request.endpoint === 'messages/batches' ? withResultsHere(own) : own
    return told === answer ? bytes : new TextEncoder().encode(JSON.stringify(told))
  }

  async #listed(
    answer: Record<string, unknown>,
    isList: boolean,
  ): Promise<Readonly<Record<string, unknown>>> {
    const accounts = accountsOfChats(this.#journey, this.#destination)
    if (accounts.length > 0) return mergedChats(this.#journey, this.#destination, answer, accounts)
    return isList ? ownList(this.#journey, this.#destination, answer) : answer
  }

  /** What cannot be billed now is not handed out: whoever reads it again is billed then. */
  async #billed(answer: Record<string, unknown>): Promise<boolean> {
    try {
      await settleRead(this.#journey, this.#destination, answer)
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#host.ended({ kind: 'faulty', fault: fault('server_error', reason) })
      return false
    }
  }

  #beginStreaming(): boolean {
    const held = concatenate(this.#held)
    this.#held = []
    this.#streamed = new StreamedRest(this.#host)
    this.#host.release([])
    return this.#streamed.pass(held)
  }
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  const answer = parseJson(new TextDecoder().decode(bytes))
  return isObject(answer) ? answer : undefined
}
