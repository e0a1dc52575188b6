/** How the answer of a request that a provider is asked for reaches its caller: straight, or shared and remembered. */

import { concatenate } from '../openai/concatenate.ts'
import type { Policy } from '../policy/policy.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { Answered } from './attempt-result.ts'
import type { Departure, Passing } from './journey.ts'
import { losesTemperature } from './outbound.ts'
import type { SharedAnswer } from './shared-answer.ts'
import { Stop } from './stop.ts'
import type { Conclusion } from './twins.ts'

export interface Passage {
  sink: AnswerSink
  /** Value of `Cache-Status` (RFC 9211). */
  cacheStatus: string
  /** The caller left, though others may still wait for the answer. */
  callerLeft(): boolean
  /** Once the asking is over, however it ended; `answered` where the answer is whole. */
  conclude(conclusion: Conclusion, answered: Answered | undefined): void
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
    cacheStatus: `trimtab; fwd=bypass; detail=${reason}`,
    callerLeft: () => false,
    conclude: () => {},
  }
}

interface SharedAs {
  /** Of the answer in memory. */
  key: string
  /** Under which twins find it. */
  name: string
  read: boolean
  write: boolean
  shadow: boolean
  byTemperature: boolean
}

export function sharedPassage(
  { sink, entry, gateway, incoming }: Departure,
  policy: Policy,
  as: SharedAs,
): Passage {
  entry.cache = as.read ? 'miss' : 'bypass'
  const twin = gateway.twins.open(as.name)
  let left = false
  void twin.answer
    .join(sink, (headers) => headers)
    ?.then((end) => {
      left = end === 'left'
    })
  return {
    sink: twin.answer,
    cacheStatus: `trimtab; ${as.read ? 'fwd=miss' : 'fwd=bypass; detail=no-cache'}`,
    callerLeft: () => left,
    conclude(conclusion, answered) {
      gateway.twins.close(as.name, twin)
      const mayRepeat = answered !== undefined && !(as.byTemperature && losesTemperature(answered.target))
      if (as.write && mayRepeat) remember(twin.answer, answered)
      twin.conclude(conclusion)
    },
  }

  function remember(answer: SharedAnswer, { target, contentType, usage, metered }: Answered): void {
    const recording = answer.recording()
    if (recording === undefined || recording.length === 0) return
    const createdAt = gateway.now()
    gateway.exactStore.remember({
      key: as.key,
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
      createdAt,
      expiresAt: createdAt + policy.cache.exact.ttlMs,
    })
  }
}
