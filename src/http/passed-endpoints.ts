/** The endpoints that are passed through: authenticated and metered as any other, and otherwise untouched. */
import { type Context, Hono, type Next } from 'hono'
import { parsePassedRequest } from '../openai/passed-request.ts'
import { type PassedRoute, passedRoot, passedRoute, unlistedRoute } from '../openai/passed-route.ts'
import {
  ID,
  PASSED_ENDPOINTS,
  PASSED_METHODS,
  type PassedEndpoint,
  passedRow,
} from '../openai/passed-table.ts'
import { callersApi } from './callers-api.ts'
import { type ModelEndpointParts, receive } from './model-endpoints.ts'

const BASE = '/v1/'

/** A path of its own for each, because one that matches chat too would be looked at for it as well. */
export function passedEndpoints(parts: ModelEndpointParts): Hono {
  const app = new Hono()
  const serve = (context: Context, next: Next): Response | Promise<Response> | Promise<void> => {
    // There is none here; other upgrades, as some clients offer, may be left out of account (RFC 9110, section 7.8).
    if (context.req.header('upgrade')?.toLowerCase() === 'websocket') return next()
    const { pathname, search } = new URL(context.req.url)
    const api = callersApi((name) => context.req.header(name))
    const route = passedRoute(context.req.method, pathname.slice(BASE.length), search.slice(1), api)
    if (route === undefined) return next()
    return pass(context, route, parts)
  }
  const roots = new Set(PASSED_ENDPOINTS.filter(isServedWhole).map(passedRoot))
  for (const root of roots) {
    // A path below another's would cost Hono its fast router: the route tells them apart.
    if ([...roots].some((other) => root.startsWith(`${other}/`))) continue
    app.on([...PASSED_METHODS], [`${BASE}${root}`, `${BASE}${root}/:rest{.+}`], serve)
  }
  // Below what asks a model, or lists them.
  app.on([...PASSED_METHODS], [`${BASE}responses/:id`, `${BASE}responses/:id/:rest{.+}`], serve)
  app.on([...PASSED_METHODS], [`${BASE}chat/completions/:id`, `${BASE}chat/completions/:id/:rest{.+}`], serve)
  return app.get(`${BASE}chat/completions`, serve).delete(`${BASE}models/:id{.+}`, serve)
}

/** For what no route has taken: undefined where it is no path of an API. */
export function passUnlisted(
  context: Context,
  parts: ModelEndpointParts,
): Response | Promise<Response> | undefined {
  const { pathname, search } = new URL(context.req.url)
  if (!pathname.startsWith(BASE) || pathname.startsWith(`${BASE}v1/`)) return undefined
  const path = pathname.slice(BASE.length)
  const api = callersApi((name) => context.req.header(name))
  const route = unlistedRoute(context.req.method, path, search.slice(1), api)
  return route && pass(context, route, parts)
}

function pass(context: Context, route: PassedRoute, parts: ModelEndpointParts): Response | Promise<Response> {
  const exchange = parts.openExchange(context)
  const parse = (bytes: Uint8Array) => parsePassedRequest(route, bytes, exchange.header('content-type'))
  exchange.holdUntil(receive(exchange, { endpoint: route.endpoint, parse }, parts))
  return exchange.response()
}

/** Not below what is another endpoint's. */
function isServedWhole(endpoint: PassedEndpoint): boolean {
  const isBelowAnother = passedRow(endpoint).methods !== undefined && endpoint.endsWith(ID)
  return !isBelowAnother && !endpoint.startsWith('responses/') && !endpoint.startsWith('chat/completions/')
}
