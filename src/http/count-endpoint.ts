/** `/v1/messages/count_tokens`: what a request would be counted as, before it is sent. */
import { Hono } from 'hono'
import { messagesFailureBody } from '../anthropic/messages-failure.ts'
import { parseMessagesRequest } from '../anthropic/parse-messages-request.ts'
import { Failure } from '../errors.ts'
import { countInput } from '../gateway/count-input.ts'
import { asFailure } from '../gateway/failure-answer.ts'
import { requestId } from '../metering/request-id.ts'
import { corsHeaders } from './cors.ts'
import type { Exchange } from './exchange.ts'
import { callerOf, headerNames, type ModelEndpointParts } from './model-endpoints.ts'
import { requestLabels } from './request-labels.ts'

export function countEndpoint(parts: ModelEndpointParts): Hono {
  return new Hono().post('/v1/messages/count_tokens', async (context) => {
    const exchange = parts.openExchange(context)
    const id = requestId(parts.gateway.now(), parts.gateway.random)
    const own = ['x-trimtab-request-id', id, ...corsHeaders(exchange.header('origin'), parts.origins)]
    try {
      const { status, headers, body } = await countInput(await incomingOf(exchange, id, parts), parts.gateway)
      return response(status, [...headers, ...own], body)
    } catch (error) {
      const failure = asFailure(error, id)
      if (!(error instanceof Failure)) parts.onInternalError(error, id)
      const headers = ['content-type', 'application/json', ...own]
      return response(failure.status, headers, messagesFailureBody(failure))
    }
  })
}

async function incomingOf(exchange: Exchange, id: string, parts: ModelEndpointParts) {
  const principal = await parts.authenticate(callerOf(exchange))
  const bytes = await exchange.body(parts.maxBodyBytes)
  const request = parseMessagesRequest(bytes, { needsMaxTokens: false })
  const labels = requestLabels(request, (name) => exchange.header(name), headerNames(exchange))
  return { id, at: parts.gateway.now(), request, principal, labels, headers: exchange.headers }
}

function response(status: number, list: readonly string[], body: Uint8Array): Response {
  const headers = new Headers()
  for (let index = 0; index + 1 < list.length; index += 2) {
    headers.append(list[index] as string, list[index + 1] as string)
  }
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers })
}
