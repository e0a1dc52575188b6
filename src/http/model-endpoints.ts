/** The endpoints that ask a model: receive a request whole, find out who sends it, and send it on its journey. */
import { type Context, Hono } from 'hono'
import type { Authenticate } from '../access/authenticate.ts'
import { complete } from '../gateway/complete.ts'
import { answerFailure, asFailure } from '../gateway/failure-answer.ts'
import type { Gateway } from '../gateway/journey.ts'
import { requestId } from '../metering/request-id.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { parseModelRequest } from '../openai/parse-model-request.ts'
import type { Exchange, OpenExchange } from './exchange.ts'
import { requestLabels } from './request-labels.ts'

export interface ModelEndpointParts {
  gateway: Gateway
  authenticate: Authenticate
  openExchange: OpenExchange
  maxBodyBytes: number
  /** Told of failures that are ours. */
  onInternalError(error: unknown, requestId: string): void
}

export function modelEndpoints(parts: ModelEndpointParts): Hono {
  const serve =
    (endpoint: ModelRequest['endpoint']) =>
    (context: Context): Response | Promise<Response> => {
      const exchange = parts.openExchange(context)
      exchange.holdUntil(receive(exchange, endpoint, parts))
      return exchange.response()
    }
  return new Hono()
    .post('/v1/chat/completions', serve('chat/completions'))
    .post('/v1/embeddings', serve('embeddings'))
}

/** Never rejects: whatever goes wrong is said to the caller. */
async function receive(
  exchange: Exchange,
  endpoint: ModelRequest['endpoint'],
  parts: ModelEndpointParts,
): Promise<void> {
  const { gateway } = parts
  const at = gateway.now()
  const id = requestId(at, gateway.random)
  try {
    const principal = await parts.authenticate(callerOf(exchange))
    const request = parseModelRequest(endpoint, await exchange.body(parts.maxBodyBytes))
    const header = (name: string): string | undefined => exchange.header(name)
    const labels = requestLabels(request, header, headerNames(exchange))
    await complete({ id, at, request, principal, labels, headers: exchange.headers }, exchange.sink, gateway)
  } catch (error) {
    const failure = asFailure(error, id)
    if (failure.code === 'internal') parts.onInternalError(error, id)
    answerFailure(exchange.sink, id, failure)
  }
}

export function callerOf(exchange: Exchange): Parameters<Authenticate>[0] {
  return {
    header: (name) => exchange.header(name),
    host: exchange.header('host'),
    origin: exchange.header('origin'),
    remoteIsLoopback: exchange.remoteIsLoopback,
  }
}

function headerNames({ headers }: Exchange): string[] {
  const names: string[] = []
  for (let index = 0; index < headers.length; index += 2) names.push((headers[index] as string).toLowerCase())
  return names
}
