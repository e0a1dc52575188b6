/** Joins concurrent calls of one model into one, and hands each its own rows: for servers that do not batch by themselves. */
import type { RowAnswer } from './row.ts'
import type { BatchLimits } from './served-model.ts'
import { shareOut } from './share-out.ts'

export interface Joined<Item> {
  items: readonly Item[]
  /** Answers all of them, a row for each. */
  answer: Promise<Answered>
  abort(): void
  readonly sent: boolean
}

export interface Answered {
  rows: readonly RowAnswer[]
  /** What the server counted of all. */
  tokens: number | undefined
}

/** A part of a request, which is asked whole. */
export interface Piece<Item> {
  items: readonly Item[]
  /** Of what they hold. */
  bytes: number
}

export interface Waiting {
  answer: Promise<Answered>
  /** Takes no part any more; the call ends where nobody does. */
  leave(): void
  readonly sent: boolean
}

interface Parts<Item> {
  limits: BatchLimits
  /** Asks them in one call. */
  ask(items: readonly Item[]): Joined<Item>
  /** Whether one of those joined may be at fault, so that each is asked for itself. */
  mayBeOnes(error: unknown): boolean
}

interface Member<Item> extends Piece<Item> {
  resolve(answered: Answered): void
  reject(error: unknown): void
  hasLeft: boolean
  call: Joined<Item> | undefined
  /** Asked in the same call, itself among them. */
  companions: readonly Member<Item>[]
}

export class Batcher<Item> {
  readonly #parts: Parts<Item>
  #waiting: Member<Item>[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #underWay = 0

  constructor(parts: Parts<Item>) {
    this.#parts = parts
  }

  /** Nobody waits and nothing is under way. */
  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0
  }

  /** An idle model is asked at once; others wait for those behind them, as long as it is busy and `maxDelayMs` allow. */
  add(piece: Piece<Item>): Waiting {
    const { maxRows, maxBytes, maxDelayMs } = this.#parts.limits
    if (this.#sum('rows') + piece.items.length > maxRows || this.#sum('bytes') + piece.bytes > maxBytes)
      this.#flush()
    let member!: Member<Item>
    const answer = new Promise<Answered>((resolve, reject) => {
      member = { ...piece, resolve, reject, hasLeft: false, call: undefined, companions: [] }
    })
    this.#waiting.push(member)
    if (this.#underWay === 0 || this.#sum('rows') >= maxRows || this.#sum('bytes') >= maxBytes) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), maxDelayMs)
    return {
      answer,
      leave: () => this.#leave(member),
      get sent() {
        return member.call?.sent === true
      },
    }
  }

  #sum(of: 'rows' | 'bytes'): number {
    return this.#waiting.reduce((sum, { items, bytes }) => sum + (of === 'rows' ? items.length : bytes), 0)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const members = this.#waiting
    this.#waiting = []
    if (members.length > 0) void this.#run(members)
  }

  async #run(members: readonly Member<Item>[]): Promise<void> {
    this.#underWay++
    try {
      handOut(await this.#ask(members), members)
    } catch (error) {
      const others = members.filter(({ hasLeft }) => !hasLeft)
      if (members.length === 1 || !this.#parts.mayBeOnes(error))
        for (const { reject } of others) reject(error)
      else await Promise.all(others.map((member) => this.#alone(member)))
    } finally {
      this.#underWay--
      // Whoever came meanwhile has waited long enough.
      if (this.#underWay === 0) this.#flush()
    }
  }

  #ask(members: readonly Member<Item>[]): Promise<Answered> {
    const call = this.#parts.ask(members.flatMap(({ items }) => items))
    for (const member of members) Object.assign(member, { call, companions: members })
    return call.answer
  }

  async #alone(member: Member<Item>): Promise<void> {
    try {
      handOut(await this.#ask([member]), [member])
    } catch (error) {
      member.reject(error)
    }
  }

  #leave(member: Member<Item>): void {
    member.hasLeft = true
    const { call } = member
    if (call === undefined) {
      this.#waiting = this.#waiting.filter((other) => other !== member)
      return
    }
    if (member.companions.every(({ hasLeft }) => hasLeft)) call.abort()
  }
}

function handOut<Item>({ rows, tokens }: Answered, members: readonly Member<Item>[]): void {
  const shares = shareOut(
    tokens,
    members.map(({ bytes }) => bytes),
  )
  let at = 0
  for (const [index, { items, resolve }] of members.entries()) {
    resolve({ rows: rows.slice(at, at + items.length), tokens: shares?.[index] })
    at += items.length
  }
}
