/** How the answer of a request that a provider is asked for reaches its caller: straight, or recorded, shared and remembered. */

import type { RememberedAnswer } from '../cache/exact-store.ts'
import { concatenate } from '../openai/concatenate.ts'
import type { Policy } from '../policy/policy.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { Answered } from './attempt-result.ts'
import type { EmbeddingMemory } from './embeddings/embedding-memory.ts'
import { HeldEnd } from './held-end.ts'
import type { Departure, Passing } from './journey.ts'
import type { SharedAnswer } from './memory/shared-answer.ts'
import { type Conclusion, Twin } from './memory/twins.ts'
import { Stop } from './stop.ts'

export interface Passage {
  sink: AnswerSink
  /** Value of `Cache-Status` (RFC 9211). */
  cacheStatus: string
  /** The caller left, though others may still wait for the answer. */
  callerLeft(): boolean
  /** The answer is whole: it is remembered, and compared with what memory would have said. */
  keep(answered: Answered): void
  /** Once the asking is over, however it ended, and is in the ledger. */
  conclude(conclusion: Conclusion | Promise<Conclusion>): void
  /** Of embeddings: what memory knows of their inputs, and is to know. */
  embeddings?: EmbeddingMemory | undefined
}

/** Spelled out: a spread of this size costs more than a step of the journey. */
export function passingBy(passage: Passage, departure: Departure, policy: Policy): Passing {
  const { incoming, entry, allowance, gateway, startedMs } = departure
  const { sink } = passage
  return { incoming, entry, allowance, gateway, startedMs, policy, passage, sink, stop: new Stop(sink) }
}

export function straightPassage({ sink, entry }: Departure, reason: string): Passage {
  entry.cache = 'bypass'
  return {
    sink,
    cacheStatus: bypass(reason),
    callerLeft: () => false,
    keep: () => {},
    conclude: () => {},
  }
}

/** Value of `Cache-Status` where no memory was asked. */
export function bypass(reason: string): string {
  return `trimtab; fwd=bypass; detail=${reason}`
}

/** An answer as it was recorded, for whoever remembers it under a key and a term of its own. */
export type Recorded = Omit<RememberedAnswer, 'key' | 'expiresAt'>

/** A promise is waited for where the end of the answer is held. */
export type Keeper = (answer: Recorded, by: Answered) => void | Promise<void>

export interface RecordedAs {
  /** Under which twins find it and share it; undefined where none may. */
  twinName: string | undefined
  cache: 'miss' | 'bypass' | 'audit'
  cacheStatus: string
  keepers: readonly Keeper[]
  /** The caller's answer ends only once all keepers are done. */
  holdsEnd?: boolean | undefined
}

export function recordedPassage(departure: Departure, as: RecordedAs): Passage {
  const { sink, entry, gateway } = departure
  const { twinName } = as
  entry.cache = as.cache
  const twin = twinName === undefined ? new Twin() : gateway.twins.open(twinName)
  const held = as.holdsEnd ? new HeldEnd(sink, departure.incoming.request.stream) : undefined
  let left = false
  let kept: Promise<unknown> | undefined
  void twin.answer
    .join(held ?? sink, (headers) => headers)
    ?.then((end) => {
      left = end === 'left'
    })
  return {
    sink: twin.answer,
    cacheStatus: as.cacheStatus,
    callerLeft: () => left,
    keep(answered) {
      if (as.keepers.length === 0) return
      const recorded = recordedAnswer(departure, twin.answer, answered)
      if (recorded === undefined) return
      const done = as.keepers.map((keeper) => keeper(recorded, answered))
      if (held !== undefined) kept = Promise.allSettled(done).then(() => held.release())
    },
    conclude(conclusion) {
      if (twinName !== undefined) gateway.twins.close(twinName, twin)
      twin.conclude(conclusion)
      if (kept === undefined) held?.release()
    },
  }
}

function recordedAnswer(
  { entry, gateway, incoming }: Departure,
  answer: SharedAnswer,
  { target, contentType, usage, metered }: Answered,
): Recorded | undefined {
  const recording = answer.recording()
  if (recording === undefined || recording.length === 0) return undefined
  return {
    tenant: entry.opened.tenant,
    workflow: entry.opened.workflow,
    provider: target.provider.name,
    model: target.model,
    tier: target.tier,
    form:
      contentType?.toLowerCase().startsWith('text/event-stream') ||
      (contentType === undefined && incoming.request.stream)
        ? 'stream'
        : 'json',
    contentType: contentType ?? 'application/json',
    body: concatenate(recording),
    usage,
    tokens: metered.usage.tokens,
    createdAt: gateway.now(),
  }
}
