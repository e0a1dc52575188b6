/** `/v1/messages/count_tokens`: what a request would be counted as, before it is sent. */
import { Hono } from 'hono'
import { messagesFailureBody } from '../anthropic/messages-failure.ts'
import { parseMessagesRequest } from '../anthropic/parse-messages-request.ts'
import { Failure } from '../errors.ts'
import { countInput } from '../gateway/count-input.ts'
import { asFailure } from '../gateway/failure-answer.ts'
import type { Incoming } from '../gateway/journey.ts'
import { COUNT_ENDPOINT } from '../gateway/watched-count.ts'
import { requestId } from '../metering/request-id.ts'
import type { HeaderList } from '../providers/transport.ts'
import { corsHeaders } from './cors.ts'
import type { Exchange } from './exchange.ts'
import { callerOf, headerNames, type ModelEndpointParts } from './model-endpoints.ts'
import { requestLabels } from './request-labels.ts'

export function countEndpoint(parts: ModelEndpointParts): Hono {
  return new Hono().post('/v1/messages/count_tokens', async (context) => {
    const exchange = parts.openExchange(context)
    const at = parts.gateway.now()
    const id = requestId(at, parts.gateway.random)
    const own = ['x-trimtab-request-id', id, ...corsHeaders(exchange.header('origin'), parts.origins)]
    let incoming: Incoming | undefined
    try {
      incoming = await incomingOf(exchange, id, at, parts)
      const { counted, told } = await countInput(incoming, parts.gateway)
      if (counted instanceof Failure) return refusal(counted, told(own))
      return response(counted.status, told([...counted.headers, ...own]), counted.body)
    } catch (error) {
      const failure = asFailure(error, id)
      if (!(error instanceof Failure)) parts.onInternalError(error, id)
      if (incoming === undefined) {
        const { status, code } = failure
        parts.gateway.observers.requestRefused({ id, at, endpoint: COUNT_ENDPOINT, status, error: code })
      }
      return refusal(failure, own)
    }
  })
}

function refusal(failure: Failure, own: HeaderList): Response {
  const headers = ['content-type', 'application/json', ...own]
  if (failure.retryAfterSeconds !== undefined) headers.push('retry-after', String(failure.retryAfterSeconds))
  if (!failure.worthRetrying) headers.push('x-should-retry', 'false')
  return response(failure.status, headers, messagesFailureBody(failure))
}

async function incomingOf(
  exchange: Exchange,
  id: string,
  at: number,
  parts: ModelEndpointParts,
): Promise<Incoming> {
  const principal = await parts.authenticate(callerOf(exchange))
  const bytes = await exchange.body(parts.maxBodyBytes)
  const request = parseMessagesRequest(bytes, { needsMaxTokens: false })
  const labels = requestLabels(request, (name) => exchange.header(name), headerNames(exchange))
  return { id, at, request, principal, labels, headers: exchange.headers }
}

function response(status: number, list: readonly string[], body: Uint8Array): Response {
  const headers = new Headers()
  for (let index = 0; index + 1 < list.length; index += 2) {
    headers.append(list[index] as string, list[index + 1] as string)
  }
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers })
}
