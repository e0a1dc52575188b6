/** Which headers go on to the provider, and which come back to the caller. */
import { credentialIn } from '../access/caller.ts'
import type { Principal } from '../access/principal.ts'
import type { Provider, ProviderCredential, Replica } from '../providers/provider.ts'
import { type HeaderList, headerValue } from '../providers/transport.ts'
import type { Journey } from './journey.ts'
import type { Target } from './outbound.ts'
import { type SpanIds, traceparent } from './trace-context.ts'

/** RFC 9110, section 7.6.1, and what speaks of this connection's framing. */
const HOP_BY_HOP = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie']
const NOT_SENT_ON = new Set([...HOP_BY_HOP, ...CREDENTIALS, 'accept-encoding', 'content-encoding'])
/** Answers are decoded already; `alt-svc` would send the caller past us. */
const NOT_SENT_BACK = new Set([...HOP_BY_HOP, 'set-cookie', 'content-encoding', 'alt-svc'])
const PRINTABLE = /^[\x20-\x7e]*$/
/** Our own, and those of other gateways, which may carry those gateways' credentials. */
const GATEWAY_PREFIXES = ['x-trimtab-', 'x-portkey-', 'x-litellm-', 'helicone-', 'cf-aig-']

/** The caller's headers, the provider's own, and the credential, for one replica. */
export function outboundHeaders(
  incoming: HeaderList,
  provider: Provider,
  replica: Replica,
  principal: Principal,
  span: SpanIds | undefined = undefined,
): string[] {
  const headers: string[] = []
  const named = namedByConnection(incoming)
  const dropped = span && (span.isNewTrace ? ['traceparent', 'tracestate'] : ['traceparent'])
  for (let index = 0; index + 1 < incoming.length; index += 2) {
    const name = incoming[index] as string
    const lower = name.toLowerCase()
    if (NOT_SENT_ON.has(lower) || isGatewayHeader(lower) || named?.includes(lower)) continue
    if (dropped?.includes(lower)) continue
    if (provider.extraHeaders.length > 0 && headerValue(provider.extraHeaders, lower) !== undefined) continue
    headers.push(name, incoming[index + 1] as string)
  }
  headers.push('accept-encoding', 'identity', ...provider.extraHeaders)
  addDefaults(headers, provider.defaultHeaders)
  if (span !== undefined) headers.push('traceparent', traceparent(span))
  addCredential(headers, replica.credential, principal)
  return headers
}

function addCredential(headers: string[], own: ProviderCredential, { credential: callers }: Principal): void {
  switch (own.kind) {
    case 'key':
      headers.push(own.header, own.value)
      break
    case 'token':
      if (own.token.value !== undefined) headers.push(own.header, own.token.value)
      break
    case 'client': {
      if (callers === undefined) break
      const { header, value } = credentialIn(own.keyHeader, callers)
      headers.push(header, value)
      break
    }
    case 'none':
      break
  }
}

function addDefaults(headers: string[], defaults: HeaderList): void {
  for (let index = 0; index + 1 < defaults.length; index += 2) {
    const name = defaults[index] as string
    if (headerValue(headers, name) === undefined) headers.push(name, defaults[index + 1] as string)
  }
}

/** The provider's headers without those of its connection, and ours. */
export function answerHeaders(
  journey: Journey,
  from: { target: Target; headers: HeaderList; waitedMs: number },
  extra: HeaderList,
): string[] {
  const { tier } = from.target
  const headers = passedBack(from.headers)
  headers.push(
    'x-trimtab-request-id',
    journey.incoming.id,
    'x-trimtab-model',
    headerText(targetName(from.target)),
  )
  if (tier !== undefined) headers.push('x-trimtab-tier', headerText(tier))
  headers.push('cache-status', journey.passage.cacheStatus)
  const spentMs = journey.gateway.elapsedMs() - journey.startedMs
  headers.push(
    'server-timing',
    `provider;dur=${from.waitedMs.toFixed(1)}, trimtab;dur=${Math.max(0, spentMs - from.waitedMs).toFixed(1)}`,
  )
  return headers.concat(extra)
}

/**
 * A name as a header may carry it: what is not printable ASCII is percent-encoded, as in a URL (RFC 3986). Callers choose
 * the names of models, and a header that cannot be written would cost them the answer.
 */
export function headerText(name: string): string {
  return PRINTABLE.test(name) ? name : name.replace(/[^\x20-\x7e]/gu, percentEncoded)
}

/** Half of a pair that UTF-16 writes a character with is no character. */
function percentEncoded(character: string): string {
  return /\p{Surrogate}/u.test(character) ? '%EF%BF%BD' : encodeURIComponent(character)
}

/** `provider/model`, or the provider alone where no model was named. */
export function targetName({ provider, model }: Pick<Target, 'provider' | 'model'>): string {
  return model === '' ? provider.name : `${provider.name}/${model}`
}

/** The leader's headers as a follower of its answer gets them: named after its own request, and paid for by the leader. */
export function followerHeaders(leaders: HeaderList, requestId: string): HeaderList {
  const headers: string[] = []
  let saved: string | undefined
  for (let index = 0; index + 1 < leaders.length; index += 2) {
    const name = leaders[index] as string
    const value = leaders[index + 1] as string
    if (name === 'x-trimtab-request-id') headers.push(name, requestId)
    else if (name === 'x-trimtab-cost-usd') saved = value
    else if (name === 'cache-status') headers.push(name, 'trimtab; fwd=miss; collapsed')
    else headers.push(name, value)
  }
  return saved === undefined ? headers : [...headers, 'x-trimtab-cost-usd', '0', 'x-trimtab-saved-usd', saved]
}

/** What of a provider's headers may reach the caller. */
export function passedBack(from: HeaderList): string[] {
  const headers: string[] = []
  const named = namedByConnection(from)
  for (let index = 0; index + 1 < from.length; index += 2) {
    const name = from[index] as string
    const lower = name.toLowerCase()
    if (NOT_SENT_BACK.has(lower) || lower.startsWith('x-trimtab-') || named?.includes(lower)) continue
    headers.push(name, from[index + 1] as string)
  }
  return headers
}

function isGatewayHeader(lower: string): boolean {
  return GATEWAY_PREFIXES.some((prefix) => lower.startsWith(prefix))
}

/** What a `Connection` header says is of that connection alone; undefined for the usual `keep-alive` or `close`. */
function namedByConnection(headers: HeaderList): readonly string[] | undefined {
  const value = headerValue(headers, 'connection')
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined
  return value.split(',').map((name) => name.trim().toLowerCase())
}
