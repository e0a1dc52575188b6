/** Which of the three relays carries an answer, by its status and its kind of content. */
import { type HeaderList, headerValue } from '../providers/transport.ts'
import { wireOf } from './answer-wire.ts'
import type { Journey } from './journey.ts'
import { JsonRelay } from './json-relay.ts'
import type { Target } from './outbound.ts'
import { RefusalRelay } from './refusal-relay.ts'
import type { Relay, RelayHost } from './relay.ts'
import { StreamRelay } from './stream-relay.ts'

export function relayFor(
  host: RelayHost,
  journey: Journey,
  { conversion }: Pick<Target, 'conversion'>,
  answer: { status: number; headers: HeaderList },
): Relay {
  const { status, headers } = answer
  if (status < 200 || status > 299) return new RefusalRelay(host, status, headers, journey.gateway.now)
  const { request } = journey.incoming
  const wire = wireOf(conversion?.endpoint ?? request.endpoint)
  if (!isEventStream(headers, request.stream)) return new JsonRelay(host, { wire, conversion })
  const choices = typeof request.body.n === 'number' ? Math.max(1, request.body.n) : 1
  return new StreamRelay(host, {
    wantsUsage: request.wantsUsage,
    choices,
    release: journey.policy.fallback.release,
    wire,
    callersWire: wireOf(request.endpoint),
    conversion: conversion?.stream(),
  })
}

/** A server that names no type is taken at the caller's word. */
function isEventStream(headers: HeaderList, asked: boolean): boolean {
  const type = headerValue(headers, 'content-type')
  return type === undefined ? asked : type.toLowerCase().startsWith('text/event-stream')
}
