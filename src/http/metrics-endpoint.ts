/**
 * `/metrics` for Prometheus. Figures are no secrets, yet say what an installation does: in `open` mode whoever may call
 * may read them; in `keys` mode this machine may, and elsewhere the admin key. A proxy on this machine comes from
 * loopback too, so that a request which was forwarded counts as one from elsewhere.
 */
import { Hono } from 'hono'
import type { Authenticate } from '../access/authenticate.ts'
import { isLoopbackHost } from '../access/caller.ts'
import { Failure } from '../errors.ts'
import type { Metrics } from '../metering/metrics.ts'
import type { Exchange, OpenExchange } from './exchange.ts'
import { callerOf } from './model-endpoints.ts'

export interface MetricsEndpointParts {
  metrics: Metrics
  accessMode: 'open' | 'keys'
  authenticate: Authenticate
  isAdmin(key: string | undefined): Promise<boolean> | boolean
  openExchange: OpenExchange
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

export function metricsEndpoint(parts: MetricsEndpointParts): Hono {
  return new Hono().get('/metrics', async (context) => {
    const exchange = parts.openExchange(context)
    if (parts.accessMode === 'open') await parts.authenticate(callerOf(exchange))
    else if (!isFromThisMachine(exchange)) await requireAdmin(exchange, parts)
    return new Response(parts.metrics.expose(), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    })
  })
}

function isFromThisMachine(exchange: Exchange): boolean {
  return (
    exchange.remoteIsLoopback === true &&
    isLoopbackHost(exchange.header('host') ?? '') &&
    exchange.header('origin') === undefined &&
    FORWARDED.every((name) => exchange.header(name) === undefined)
  )
}

async function requireAdmin(exchange: Exchange, { isAdmin }: MetricsEndpointParts): Promise<void> {
  if (await isAdmin(exchange.header('authorization')?.replace(/^bearer\s+/i, ''))) return
  throw new Failure(
    'invalid_api_key',
    "Metrics are for this machine or the admin key: send the text of the data folder's admin-key as a bearer token.",
  )
}
