/** One call to a provider for the embeddings that several callers want: gathered, sent, and its answer handed out. */
import { splitEmbeddings } from '../../cache/split-embeddings.ts'
import { concatenate } from '../../openai/concatenate.ts'
import { type HeaderList, type Transport, TransportError } from '../../providers/transport.ts'
import type { JoinedCaller } from './joined-caller.ts'

/**
 * What may be one input's fault: the others are asked for without it. llama.cpp and Ollama answer 500 to one that is too long,
 * Text Embeddings Inference 424 to one that its model fails on.
 */
const REFUSED_INPUT: ReadonlySet<number> = new Set([400, 413, 422, 424, 500])
/** Held whole, as every answer that is joined with what is remembered. */
const MOST_HELD_BYTES = 64 * 1024 * 1024

interface JointParts {
  transport: Transport
  /** It was sent. */
  left(call: JointCall): void
  /** It is over; `refused`: because of what it held. */
  ended(call: JointCall, refused: boolean): void
}

export class JointCall {
  readonly callers: JoinedCaller[] = []
  inputs = 0
  bytes = 0
  readonly #parts: JointParts
  readonly #timer: ReturnType<typeof setTimeout>
  #isSent = false
  #isOver = false

  /** Sent once `windowMs` have passed, or by `send`. */
  constructor(parts: JointParts, windowMs: number) {
    this.#parts = parts
    this.#timer = setTimeout(() => this.send(), windowMs)
  }

  add(caller: JoinedCaller): void {
    this.callers.push(caller)
    this.inputs += caller.asked.inputs.length
    this.bytes += caller.asked.request.body?.byteLength ?? 0
    caller.onLeaving(() => this.#left())
  }

  send(): void {
    if (this.#isSent) return
    this.#isSent = true
    clearTimeout(this.#timer)
    this.#parts.left(this)
    const callers = this.#staying()
    const [first] = callers
    if (first === undefined) return this.#over(false)
    if (callers.length === 1) return this.#sendAlone(first)
    for (const caller of callers) caller.asked.joined(callers.length - 1)
    this.#sendTogether(first, callers)
  }

  #sendAlone(caller: JoinedCaller): void {
    caller.sendBy(this.#parts.transport, () => this.#over(false))
  }

  #sendTogether(first: JoinedCaller, callers: readonly JoinedCaller[]): void {
    const held: Uint8Array[] = []
    let heldBytes = 0
    let status = 0
    let head: HeaderList = []
    const isHeld = (): boolean => status >= 200 && status <= 299
    const call = this.#parts.transport.send(
      { ...first.asked.request, body: bodyOf(callers) },
      {
        head: (...told) => {
          ;[status, head] = told
          if (!isHeld() && !REFUSED_INPUT.has(status)) for (const it of this.#staying()) it.head(status, head)
        },
        chunk: (bytes) => {
          if (REFUSED_INPUT.has(status)) return true
          if (!isHeld()) for (const it of this.#staying()) it.chunk(bytes)
          else if (heldBytes <= MOST_HELD_BYTES) held.push(bytes)
          heldBytes += bytes.byteLength
          return true
        },
        end: () => {
          if (REFUSED_INPUT.has(status)) return this.#askApart()
          if (isHeld()) this.#handOut(status, head, callers, heldBytes > MOST_HELD_BYTES ? [] : held)
          else for (const it of this.#staying()) it.end()
          this.#over(false)
        },
        error: (error) => {
          if (REFUSED_INPUT.has(status)) return this.#askApart()
          for (const it of this.#staying()) {
            if (isHeld()) it.head(status, head)
            it.error(error)
          }
          this.#over(false)
        },
      },
    )
    for (const caller of callers) caller.carriedBy(call)
  }

  /** Each gets its own; where the provider answered something else, all are told so. */
  #handOut(
    status: number,
    head: HeaderList,
    callers: readonly JoinedCaller[],
    held: readonly Uint8Array[],
  ): void {
    const answers = splitEmbeddings(
      concatenate(held),
      callers.map(({ asked }) => asked.inputs),
    )
    for (const [index, caller] of callers.entries()) {
      if (caller.hasLeft) continue
      caller.head(status, head)
      const own = answers?.[index]
      if (own === undefined) caller.error(new TransportError('malformed', NOT_THESE))
      else {
        caller.chunk(own)
        caller.end()
      }
    }
  }

  #askApart(): void {
    const callers = this.#staying()
    let open = callers.length
    if (open === 0) return this.#over(true)
    for (const caller of callers) {
      caller.sendBy(this.#parts.transport, () => {
        open--
        if (open === 0) this.#over(true)
      })
    }
  }

  /** Whoever is the last to leave ends the call. */
  #left(): void {
    if (this.#staying().length > 0) return
    if (!this.#isSent) return this.send()
    for (const caller of this.callers) caller.abortCarrier()
    this.#over(false)
  }

  #staying(): JoinedCaller[] {
    return this.callers.filter(({ hasLeft }) => !hasLeft)
  }

  #over(refused: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.ended(this, refused)
  }
}

const NOT_THESE = 'it holds other embeddings than several callers asked for together'

/** The first caller's body with the inputs of all, each in the bytes that it came in. */
function bodyOf(callers: readonly JoinedCaller[]): Uint8Array {
  const encoder = new TextEncoder()
  const [before, after] = callers[0]?.asked.around ?? ['', '']
  const parts: Uint8Array[] = [encoder.encode(`${before}[`)]
  for (const [index, { asked }] of callers.entries()) {
    if (index > 0) parts.push(encoder.encode(','))
    parts.push(asked.items)
  }
  parts.push(encoder.encode(`]${after}`))
  return concatenate(parts)
}
