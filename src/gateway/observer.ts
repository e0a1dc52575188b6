/** The port to whoever watches traffic (metrics, access log, traces): told names and figures, never what was asked or answered. */
import type { FailureCode } from '../errors.ts'
import type { Decision, InsufficiencyNote } from '../metering/decision.ts'
import type { AttemptOpened, AttemptSettled, RequestOpened, RequestSettled } from '../metering/ledger.ts'
import type { Provider } from '../providers/provider.ts'
import type { FaultKind } from './fault.ts'
import type { SpanIds } from './trace-context.ts'

/** A code, never a message: a provider's message may repeat what it was asked. */
export type RequestError = FailureCode | FaultKind

/** Of a question: answered from memory, or it would have been, not found, or none of those that may be. */
export type SemanticOutcome = 'hit' | 'shadow_hit' | 'miss' | 'ineligible'

/** What an attempt's row does not hold, and whoever watches wants to know. */
export interface AttemptFacts {
  vendor: Provider['vendor']
  /** `https://host:port` */
  origin: string
  /** Configuration or the server itself lists the model: its name was not made up by the caller. */
  modelIsListed: boolean
  span: SpanIds | undefined
}

type Opened = Pick<RequestOpened, 'workflow' | 'step' | 'endpoint' | 'stream' | 'at'>

export interface EndedAttempt
  extends AttemptFacts,
    Pick<AttemptOpened, 'requestId' | 'ordinal' | 'provider' | 'model' | 'replica' | 'tier' | 'startedAt'>,
    Pick<
      AttemptSettled,
      'outcome' | 'status' | 'tokens' | 'usage' | 'costNanoUsd' | 'firstChunkMs' | 'totalMs'
    >,
    Pick<Opened, 'workflow' | 'endpoint' | 'stream'> {
  /** Why its answer did not suffice; undefined where it did, or there was none. */
  insufficient?: InsufficiencyNote['signal'] | undefined
}

export interface EndedRequest
  extends Opened,
    Pick<
      RequestSettled,
      'id' | 'status' | 'tier' | 'cache' | 'baselineNanoUsd' | 'firstChunkMs' | 'totalMs'
    > {
  error: RequestError | undefined
  /** How well its input was told. */
  input: Decision['input']
  /** What the semantic cache made of it; undefined where it was not asked. */
  semantic: SemanticOutcome | undefined
  /** Whether a model's own answer told that a remembered one was wrong; undefined where none was compared. */
  semanticWrong: boolean | undefined
  attempts: number
  /** The one that answered, or was the last to fail; undefined where no provider was asked. */
  last: EndedAttempt | undefined
  /** Over all attempts. */
  inputTokens: number
  outputTokens: number
  /** Over all attempts; undefined where the price of one is unknown. */
  costNanoUsd: number | undefined
  span: SpanIds | undefined
}

/** A request that was turned away before its journey: its caller unknown, or its body unreadable. */
export interface RefusedRequest {
  id: string
  /** Unix milliseconds. */
  at: number
  endpoint: string
  status: number
  error: RequestError
}

/** A call of the admin API; its query is left out, as it names users and tags. */
export interface AdminCall {
  /** Unix milliseconds. */
  at: number
  method: string
  path: string
  status: number
  /** Until its answer was on its way. */
  totalMs: number
}

/** Called on the path of every request: must be quick. */
export interface Observer {
  requestBegan(): void
  attemptEnded(attempt: EndedAttempt): void
  /** Once for every `requestBegan`. */
  requestEnded(request: EndedRequest): void
  requestRefused(request: RefusedRequest): void
  /** It is no request: no caller's, and in no ledger. */
  adminAnswered?(call: AdminCall): void
}

/** Everyone who watches; what fails in one of them harms neither the request nor the others. */
export class Observers implements Observer {
  readonly #all: readonly Observer[]
  readonly #failed: (error: unknown) => void

  constructor(all: readonly Observer[], failed: (error: unknown) => void) {
    this.#all = all
    this.#failed = failed
  }

  /** Where nobody watches, nothing need be gathered. */
  get some(): boolean {
    return this.#all.length > 0
  }

  requestBegan(): void {
    for (const observer of this.#all) this.#tell(() => observer.requestBegan())
  }

  attemptEnded(attempt: EndedAttempt): void {
    for (const observer of this.#all) this.#tell(() => observer.attemptEnded(attempt))
  }

  requestEnded(request: EndedRequest): void {
    for (const observer of this.#all) this.#tell(() => observer.requestEnded(request))
  }

  requestRefused(request: RefusedRequest): void {
    for (const observer of this.#all) this.#tell(() => observer.requestRefused(request))
  }

  adminAnswered(call: AdminCall): void {
    for (const observer of this.#all) this.#tell(() => observer.adminAnswered?.(call))
  }

  #tell(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#failed(error)
    }
  }
}
