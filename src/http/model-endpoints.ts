/** The endpoints that ask a model: receive a request whole, find out who sends it, and send it on its journey. */
import { type Context, Hono } from 'hono'
import type { Authenticate } from '../access/authenticate.ts'
import { parseMessagesRequest } from '../anthropic/parse-messages-request.ts'
import { Failure } from '../errors.ts'
import { complete } from '../gateway/complete.ts'
import { answerFailure, asFailure } from '../gateway/failure-answer.ts'
import type { Gateway, Incoming } from '../gateway/journey.ts'
import { takeFeedback } from '../gateway/memory/feedback.ts'
import type { LedgerReader } from '../metering/reports.ts'
import { requestId } from '../metering/request-id.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { parseModelRequest } from '../openai/parse-model-request.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { readableBy } from './cors.ts'
import type { Exchange, OpenExchange } from './exchange.ts'
import { requestLabels } from './request-labels.ts'

export interface ModelEndpointParts {
  gateway: Gateway
  authenticate: Authenticate
  openExchange: OpenExchange
  /** Tells what an earlier request was answered by. */
  reader: Pick<LedgerReader, 'request'>
  maxBodyBytes: number
  /** Origins of pages that may call. */
  origins: readonly string[]
  /** Told of failures that are ours. */
  onInternalError(error: unknown, requestId: string): void
}

export function modelEndpoints(parts: ModelEndpointParts): Hono {
  const serve =
    (endpoint: ModelRequest['endpoint']) =>
    (context: Context): Response | Promise<Response> => {
      const exchange = parts.openExchange(context)
      const parse = (bytes: Uint8Array): CallerRequest =>
        endpoint === 'messages' ? parseMessagesRequest(bytes) : parseModelRequest(endpoint, bytes)
      exchange.holdUntil(receive(exchange, { endpoint, parse }, parts))
      return exchange.response()
    }
  return new Hono()
    .post('/v1/chat/completions', serve('chat/completions'))
    .post('/v1/completions', serve('completions'))
    .post('/v1/embeddings', serve('embeddings'))
    .post('/v1/responses', serve('responses'))
    .post('/v1/messages', serve('messages'))
}

/** What is asked, and how its body is read. */
export interface Asked {
  endpoint: CallerRequest['endpoint']
  /** @throws Failure */
  parse(bytes: Uint8Array): CallerRequest
}

/** Never rejects: whatever goes wrong is said to the caller. */
export async function receive(exchange: Exchange, asked: Asked, parts: ModelEndpointParts): Promise<void> {
  const { endpoint } = asked
  const at = parts.gateway.now()
  const id = requestId(at, parts.gateway.random)
  const sink = readableBy(exchange.sink, exchange.header('origin'), parts.origins)
  try {
    const incoming = await read(exchange, asked, id, at, parts)
    const wrong = exchange.header('x-trimtab-feedback')
    if (wrong !== undefined) void forget(wrong, incoming.principal.tenant, parts)
    await complete(incoming, sink, parts.gateway)
  } catch (error) {
    const failure = asFailure(error, id)
    if (failure.code === 'internal') parts.onInternalError(error, id)
    // The journey tells its own failures; what came before it has nobody else to.
    if (sink.begun) return
    answerFailure(sink, { id, endpoint }, failure)
    const { status, code } = failure
    parts.gateway.observers.requestRefused({ id, at, endpoint, status, error: code })
  }
}

/** An earlier answer was wrong: said along with a request, which neither waits for it nor fails by it. */
async function forget(requestId: string, tenant: string, parts: ModelEndpointParts): Promise<void> {
  try {
    const request = await parts.reader.request(requestId)
    await takeFeedback({ requestId, wrong: true }, request, tenant, parts.gateway)
  } catch (error) {
    // Of another's request, or of one that memory did not answer: there is nothing to forget.
    if (!(error instanceof Failure)) parts.onInternalError(error, '')
  }
}

/** @throws Failure where the caller may not ask, or its request cannot be read */
async function read(
  exchange: Exchange,
  { parse }: Asked,
  id: string,
  at: number,
  parts: ModelEndpointParts,
): Promise<Incoming> {
  const principal = await parts.authenticate(callerOf(exchange))
  const request = parse(await exchange.body(parts.maxBodyBytes))
  const header = (name: string): string | undefined => exchange.header(name)
  const labels = requestLabels(request, header, headerNames(exchange))
  return { id, at, request, principal, labels, headers: exchange.headers }
}

export function callerOf(exchange: Exchange): Parameters<Authenticate>[0] {
  return {
    header: (name) => exchange.header(name),
    host: exchange.header('host'),
    origin: exchange.header('origin'),
    remoteIsLoopback: exchange.remoteIsLoopback,
  }
}

export function headerNames({ headers }: Exchange): string[] {
  const names: string[] = []
  for (let index = 0; index < headers.length; index += 2) names.push((headers[index] as string).toLowerCase())
  return names
}
