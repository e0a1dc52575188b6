/** Which relay carries an answer, by its status and its kind of content. */
import type { PassedRequest } from '../../openai/passed-request.ts'
import { isAnswerStored, isBackground } from '../../openai/stored-answer.ts'
import { type HeaderList, headerValue } from '../../providers/transport.ts'
import type { EarlierCost } from '../earlier-cost.ts'
import type { Journey } from '../journey.ts'
import { backgroundReading, rememberBackground } from '../late/background-reading.ts'
import { batchReading } from '../late/batch-reading.ts'
import type { Destination } from '../outbound.ts'
import { madeBy } from '../passed/passed-answer.ts'
import { PassedBytesRelay } from '../passed/passed-bytes-relay.ts'
import { PassedJsonRelay } from '../passed/passed-json-relay.ts'
import { rememberMade } from '../passed/pins.ts'
import type { AnswerJudge } from './answer-judge.ts'
import { wireOf } from './answer-wire.ts'
import { JsonRelay } from './json-relay.ts'
import { RefusalRelay } from './refusal-relay.ts'
import type { Relay, RelayHost } from './relay.ts'
import { StreamRelay } from './stream-relay.ts'

export function relayFor(
  host: RelayHost,
  journey: Journey,
  destination: Destination,
  answer: { status: number; headers: HeaderList; judge: AnswerJudge | undefined },
): Relay {
  const { status, headers, judge } = answer
  if (status < 200 || status > 299) return new RefusalRelay(host, status, headers, journey.gateway.now)
  const { request } = journey.incoming
  if (request.passed !== undefined) return passedRelay(host, journey, destination, request, answer)
  const { conversion } = destination
  const wire = wireOf(conversion?.endpoint ?? request.endpoint)
  const kept = conversion === undefined && isAnswerStored(request) ? keeper(journey, destination) : undefined
  const earlier = earlierCost(journey, destination)
  if (!isEventStream(headers, request.stream)) {
    const { embeddings } = journey.passage
    return new JsonRelay(host, { wire, conversion, kept, embeddings, judge, earlier })
  }
  const choices = typeof request.body.n === 'number' ? Math.max(1, request.body.n) : 1
  return new StreamRelay(host, {
    wantsUsage: request.wantsUsage,
    choices,
    release: journey.policy.fallback.release,
    wire,
    callersWire: wireOf(request.endpoint),
    conversion: conversion?.stream(),
    kept,
    judge,
    earlier,
  })
}

/** What was told of those that are over when this one's cost is; of two that race, the other is over by then. */
function earlierCost({ entry }: Journey, { race }: Destination): EarlierCost | undefined {
  if (race !== undefined)
    return {
      get nanoUsd() {
        return entry.spentNanoUsd
      },
    }
  // This one is the first where none is opened besides.
  return entry.nextOrdinal() === 1 ? undefined : { nanoUsd: entry.spentNanoUsd }
}

/** `isCounted`: the answer's usage is known. */
function keeper(journey: Journey, destination: Destination): (id: string, isCounted: boolean) => void {
  if (isBackground(journey.incoming.request))
    return (id, isCounted) => void rememberBackground(journey, destination, id, isCounted)
  return (id) => void rememberMade(journey, destination, [{ id }])
}

function passedRelay(
  host: RelayHost,
  journey: Journey,
  destination: Destination,
  request: PassedRequest,
  { status, headers }: { status: number; headers: HeaderList },
): Relay {
  const type = headerValue(headers, 'content-type')?.toLowerCase() ?? ''
  // A file may be JSON, or lines of it: it is the caller's all the same.
  const isFile = /(?:^|\/)(?:content|results)$/.test(request.passed.rest)
  const place = headerValue(headers, 'location')
  if (place !== undefined && request.passed.stored && request.passed.method === 'POST')
    void rememberMade(journey, destination, [{ id: lastIn(place) }])
  if (!isFile && (type.includes('json') || type === '')) {
    return new PassedJsonRelay(host, journey, destination, request)
  }
  const billed = batchReading(journey, destination, status) ?? backgroundReading(journey, destination, status)
  const makes = request.passed.stored && request.passed.method === 'POST'
  return new PassedBytesRelay(host, {
    headers,
    events: type.startsWith('text/event-stream'),
    billed,
    made: makes ? (event) => void rememberMade(journey, destination, madeBy(request, event)) : undefined,
  })
}

/** Of what has no body that could name it: a call of the realtime API. */
function lastIn(place: string): string {
  return place.split('?')[0]?.split('/').at(-1) ?? place
}

/** A server that names no type is taken at the caller's word. */
function isEventStream(headers: HeaderList, asked: boolean): boolean {
  const type = headerValue(headers, 'content-type')
  return type === undefined ? asked : type.toLowerCase().startsWith('text/event-stream')
}
