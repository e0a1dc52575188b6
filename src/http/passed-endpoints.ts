/** The endpoints of OpenAI's API that are passed through: authenticated and metered as any other, and otherwise untouched. */
import { type Context, Hono, type Next } from 'hono'
import { parsePassedRequest } from '../openai/passed-request.ts'
import { PASSED_ENDPOINTS, PASSED_METHODS, type PassedEndpoint, passedRoute } from '../openai/passed-route.ts'
import { type ModelEndpointParts, receive } from './model-endpoints.ts'

const BASE = '/v1/'

/** A path of its own for each, because one that matches chat too would be looked at for it as well. */
export function passedEndpoints(parts: ModelEndpointParts): Hono {
  const app = new Hono()
  const serve = (context: Context, next: Next): Response | Promise<Response> | Promise<void> => {
    const { pathname, search } = new URL(context.req.url)
    const route = passedRoute(context.req.method, pathname.slice(BASE.length), search.slice(1))
    if (route === undefined) return next()
    const exchange = parts.openExchange(context)
    const parse = (bytes: Uint8Array) => parsePassedRequest(route, bytes, exchange.header('content-type'))
    exchange.holdUntil(receive(exchange, { endpoint: route.endpoint, parse }, parts))
    return exchange.response()
  }
  const paths = [...new Set(PASSED_ENDPOINTS.map(patternOf))]
  for (const path of paths) app.on([...PASSED_METHODS], [path, `${path}/:rest{.+}`], serve)
  return app.get(`${BASE}chat/completions`, serve)
}

/** A word beside an id, as in `responses/compact`, would cost Hono its fast router: the route tells them apart. */
function patternOf(endpoint: PassedEndpoint): string {
  const path = endpoint.startsWith('responses/') ? 'responses/{id}' : endpoint
  return `${BASE}${path.replace('{id}', ':id')}`
}
