/** Lets pages of listed origins call: their browser asks first, and wants to be told in every answer (Fetch standard, CORS protocol). */
import { type Context, Hono } from 'hono'
import { Failure } from '../errors.ts'
import type { AnswerSink } from '../gateway/answer-sink.ts'
import { withChangedHeaders } from '../gateway/changed-headers.ts'
import type { HeaderList } from '../providers/transport.ts'

const PREFLIGHT_SECONDS = '600'
/** What a page's script may read besides the body. */
const EXPOSED =
  'x-trimtab-request-id, x-trimtab-model, x-trimtab-tier, x-trimtab-cost-usd, x-request-id, retry-after'

/** Headers for an answer to a page of this origin; none where the caller is no page, or none that is listed. */
export function corsHeaders(origin: string | undefined, origins: readonly string[]): HeaderList {
  if (origin === undefined || !isListed(origin, origins)) return []
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED, 'vary', 'origin']
}

/** Answers the browser's question whether a page may call. */
export function preflight(origins: readonly string[]): Hono {
  return new Hono().options('/v1/*', (context: Context) => {
    const origin = context.req.header('origin')
    if (origin === undefined)
      return new Response(null, { status: 204, headers: { allow: 'GET, POST, DELETE, OPTIONS' } })
    if (!isListed(origin, origins)) {
      throw new Failure(
        'forbidden_origin',
        'Pages of this origin may not call trimtab: add the origin to access.origins to let them.',
      )
    }
    return new Response(null, {
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': context.req.header('access-control-request-headers') ?? '*',
        'access-control-max-age': PREFLIGHT_SECONDS,
        vary: 'origin, access-control-request-headers',
      },
    })
  })
}

/** The caller's sink, whose answer a page of this origin may read. */
export function readableBy(
  sink: AnswerSink,
  origin: string | undefined,
  origins: readonly string[],
): AnswerSink {
  const more = corsHeaders(origin, origins)
  return more.length === 0 ? sink : withChangedHeaders(sink, (headers) => [...headers, ...more])
}

function isListed(origin: string, origins: readonly string[]): boolean {
  return origins.some((listed) => listed.toLowerCase() === origin.toLowerCase())
}
