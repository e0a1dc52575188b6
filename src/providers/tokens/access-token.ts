/** A cloud's token in place of a key: asked for when it is first needed, kept, renewed ahead of its end. */

/** Which identity a provider is shown; `google`: Application Default Credentials, `entra`: Microsoft Entra ID. */
export const CLOUDS = ['google', 'entra'] as const
export type Cloud = (typeof CLOUDS)[number]

export interface IssuedToken {
  text: string
  /** From when it was issued to when it ends. */
  lifetimeMs: number
}

export class TokenError extends Error {
  override readonly name = 'TokenError'
  /** Whether the same may go well a moment later; else the operator has to mend something. */
  readonly passing: boolean

  constructor(message: string, passing: boolean) {
    super(message)
    this.passing = passing
  }
}

/** Google's metadata server hands out the same token until five minutes before its end: earlier would gain nothing. */
const RENEWED_AHEAD_MS = 5 * 60_000
/** A token that ends on its way is refused. */
const SPARE_MS = 10_000
/** Nothing takes longer, but what a Worker began for a request that is over may never end. */
const ABANDONED_AFTER_MS = 15_000
/** A provider that refuses new tokens too shall not have one asked for with every request. */
const DISTRUSTED_AFTER_MS = 60_000

export class AccessToken {
  readonly #issue: () => Promise<IssuedToken>
  readonly #now: () => number
  #value: string | undefined
  #issuedAt = 0
  #renewAt = 0
  #endsAt = 0
  #renewal: { startedAt: number; done: Promise<void> } | undefined

  /** `now` is Unix milliseconds. */
  constructor(issue: () => Promise<IssuedToken>, now: () => number) {
    this.#issue = issue
    this.#now = now
  }

  /** As the header carries it; undefined before the first. */
  get value(): string | undefined {
    return this.#value
  }

  /**
   * Undefined where the token at hand holds, which is nearly always; else resolves once there is one.
   * The promise rejects with TokenError.
   */
  ready(): Promise<void> | undefined {
    const now = this.#now()
    if (now < this.#renewAt) return undefined
    const renewal = this.#renew()
    if (now >= this.#endsAt - SPARE_MS) return renewal
    // The old one holds meanwhile; the next request tries again where this fails.
    renewal.catch(() => {})
    return undefined
  }

  /** The provider refused it: the next request gets another. */
  distrust(): void {
    if (this.#now() - this.#issuedAt < DISTRUSTED_AFTER_MS) return
    this.#renewAt = 0
    this.#endsAt = 0
  }

  /** One at a time: whoever comes meanwhile waits for the same. */
  #renew(): Promise<void> {
    const startedAt = this.#now()
    const under = this.#renewal
    if (under !== undefined && startedAt - under.startedAt < ABANDONED_AFTER_MS) return under.done
    const done = this.#issue()
      .then((token) => this.#keep(token))
      .finally(() => {
        if (this.#renewal === renewal) this.#renewal = undefined
      })
    const renewal = { startedAt, done }
    this.#renewal = renewal
    return done
  }

  #keep({ text, lifetimeMs }: IssuedToken): void {
    this.#value = `Bearer ${text}`
    this.#issuedAt = this.#now()
    this.#endsAt = this.#issuedAt + lifetimeMs
    this.#renewAt = this.#endsAt - Math.min(RENEWED_AHEAD_MS, lifetimeMs / 2)
  }
}
