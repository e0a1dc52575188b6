/** What one request carries along its journey, and the ports the journey is made through. */
import type { Principal } from '../access/principal.ts'
import type { RateLimiter } from '../access/rate-limit.ts'
import type { Digest } from '../cache/exact-key.ts'
import type { ExactStore } from '../cache/exact-store.ts'
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import type { ImageFitter } from '../media/image-fitter.ts'
import type { InputEstimate } from '../metering/input-estimate.ts'
import type { Ledger } from '../metering/ledger.ts'
import type { PromptWatch } from '../metering/prefix/prompt-watch.ts'
import type { Pricer } from '../metering/price.ts'
import type { TokenCounter } from '../metering/token-counter.ts'
import type { TokenRatios } from '../metering/token-ratios.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { Policy, PolicySet } from '../policy/policy.ts'
import type { Registry } from '../providers/registry.ts'
import type { HeaderList } from '../providers/transport.ts'
import type { Balancer } from '../routing/balance/balancer.ts'
import type { Classifier } from '../routing/classifier.ts'
import type { KeptSessions } from '../routing/kept-sessions.ts'
import type { Learning } from '../routing/learn/learning.ts'
import type { MadeId, MadeIds } from '../routing/made-ids.ts'
import type { RateHeadroom } from '../routing/rate-headroom.ts'
import type { ReplicaHealth } from '../routing/replica-health.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { BaselineTarget } from './baseline.ts'
import type { DifficultyScores } from './difficulty-scores.ts'
import type { JointCalls } from './embeddings/joint-calls.ts'
import type { Entry } from './entry.ts'
import type { Allowance } from './limits/allowance.ts'
import type { Budgets, Held } from './limits/budgets.ts'
import type { Hedging } from './load/hedging.ts'
import type { Slots } from './load/slots.ts'
import type { KeptMedia } from './media/kept-media.ts'
import type { Audits } from './memory/audits.ts'
import type { ItemMemory } from './memory/item-memory.ts'
import type { Twins } from './memory/twins.ts'
import type { Observers } from './observer.ts'
import type { Passage } from './passage.ts'
import type { KeepWarm } from './prefix/keep-warm.ts'
import type { MarkChoice } from './prefix/mark-prefix.ts'
import type { Prefix } from './prefix/prefix.ts'
import type { PrefixPorts } from './prefix/prefix-ports.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Session } from './session-keeping.ts'
import type { Stop } from './stop.ts'

/** What the caller attached to a request besides its body: headers, or `metadata.trimtab_*`. */
export interface Labels {
  workflow: string | undefined
  step: string | undefined
  session: string | undefined
  /** Who answers a request without a model. */
  provider?: string | undefined
  /** Undefined: as its policy says. */
  priority?: 'interactive' | 'batch' | undefined
  tags: Readonly<Record<string, string>>
  metadata: Readonly<Record<string, string>>
  /** End user, from the body's `user` or a header. */
  user: string | undefined
  /** The caller's User-Agent. */
  client: string
}

/** A request as the endpoints hand it over: parsed, and its caller known. */
export interface Incoming {
  id: string
  /** Unix milliseconds of arrival. */
  at: number
  request: CallerRequest
  principal: Principal
  labels: Labels
  /** The caller's own headers, as they came. */
  headers: HeaderList
}

/** The ports that every journey shares. */
export interface Gateway {
  policies(): PolicySet
  registry(): Registry
  pricer(): Pricer
  ledger: Ledger
  /** Told what ended. */
  observers: Observers
  /** Spans are made, and named to providers. */
  traces: boolean
  health: ReplicaHealth
  headroom: RateHeadroom
  hedging: Hedging
  balancer: Balancer
  slots: Slots
  /** Undefined where what one request began may end with it. */
  jointCalls: JointCalls | undefined
  retryBudget: RetryBudget
  rateLimiter: RateLimiter
  budgets: Budgets
  /** Unix milliseconds. */
  now(): number
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  /** In [0, 1). */
  random(): number
  /** Hour of the day, 0 to 23, in an IANA time zone at a time in Unix milliseconds. */
  hourIn(timeZone: string, at: number): number
  /** What happens to a request whose rows cannot be written: it goes on, counted, or is refused. */
  onLedgerFailure: 'proceed' | 'refuse'
  tokenRatios: TokenRatios
  /** Counts what providers did not; undefined where the runtime has no thread for it. */
  tokenCounter: TokenCounter | undefined
  /** Told how prompts repeat each other; undefined where the runtime has no thread for it. */
  promptWatch: PromptWatch | undefined
  exactStore: ExactStore
  /** Undefined where the runtime has none, or it is not open yet. */
  semanticCache(): SemanticCache | undefined
  /** What is learned of texts; undefined where no policy needs it, or it is not open yet. */
  classifier(): Classifier | undefined
  /** Undefined where the runtime has no documents, or they are not open yet. */
  knowledge(): Knowledge | undefined
  /** What routing learns; undefined where no policy needs it, or it is not open yet. */
  learning(): Learning | undefined
  audits: Audits
  /** What classifiers told of texts. */
  difficultyScores: DifficultyScores
  itemMemory: ItemMemory
  /** Who answered each session last. */
  sessions: KeptSessions
  /** What is known of prompts that begin alike. */
  prefixes: PrefixPorts['prefixes']
  keepWarm: KeepWarm
  /** What servers that keep media were sent. */
  keptMedia: KeptMedia
  /** Undefined where no policy needs it, or it is not installed. */
  imageFitter(): ImageFitter | undefined
  madeIds: MadeIds
  twins: Twins
  sha256: Digest
}

/** What is known before a policy is found. */
export interface Departure {
  incoming: Incoming
  entry: Entry
  /** Undefined where nothing limits the caller. */
  allowance: Allowance | undefined
  sink: AnswerSink
  gateway: Gateway
  /** `elapsedMs` at arrival. */
  startedMs: number
}

/** Since the request arrived. */
export function elapsedMs({ gateway, startedMs }: Departure): number {
  return gateway.elapsedMs() - startedMs
}

/** A provider is to be asked. */
export interface Passing extends Departure {
  policy: Policy
  passage: Passage
  stop: Stop
}

export interface Journey extends Passing {
  /** Upper bound of the answer's length that the plan set. */
  maxTokens: number | undefined
  /** Texts at which the answer ends, where the caller states none. */
  stopSequences: readonly string[] | undefined
  /** That count the request; undefined for none. */
  budgets: readonly Held[] | undefined
  /** `Budgets.revision` as these were told. */
  heldAt: number
  /** Money runs short: nobody is asked for a better answer. */
  isDegraded: boolean
  /** As estimated before it leaves. */
  input: InputEstimate
  /** What savings count against; undefined: the model that answers. */
  baseline: BaselineTarget | undefined
  /** Tokens of input that the policy left out, by estimate. */
  trimmedTokens: number
  /** What was left out, in words for the decision record. */
  trims: readonly string[]
  /** What the request names that a provider made: it goes to where that was made. */
  pin: MadeId | undefined
  /** Undefined where the request belongs to none, or its policy keeps nothing. */
  session: Session | undefined
  /** Undefined until someone asks for it. */
  prefix: Prefix | 'none' | undefined
  /** By target, once it was sent. */
  marked: Map<string, MarkChoice> | undefined
}
