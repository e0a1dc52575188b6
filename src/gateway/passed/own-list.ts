/** A list as one tenant may see it: its own entries, as many as it asked for, out of an account that others share. */
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import { isAnthropics } from '../../openai/passed-table.ts'
import type { Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { smallCall } from '../small-call.ts'
import { entriesOf, ownEntries, rememberMadeIn } from './passed-answer.ts'

type Answer = Readonly<Record<string, unknown>>
type Entries = readonly Answer[]

/** Others' entries are looked through up to so many: each page is a call to the provider, which costs nothing. */
export const MOST_PAGES = 20
const ENTRIES_A_PAGE = '100'
const PAGE_DEADLINE_MS = 30_000

/** `first` is the provider's answer to the caller's own query. Never rejects for a page that does not come: the list ends there. */
export async function ownList(journey: Journey, destination: Destination, first: Answer): Promise<Answer> {
  if (!Array.isArray(first.data)) return first
  const { incoming, gateway } = journey
  const request = incoming.request as PassedRequest
  const query = new URLSearchParams(request.passed.query)
  const wanted = wantedIn(query, first.data.length)
  const { tenant } = incoming.principal
  const own = [...(await ownEntries(first, tenant, gateway))]
  let last: Answer = first
  for (let page = 0; page < MOST_PAGES && own.length < wanted; page++) {
    const cursor = cursorAfter(last, query, isAnthropics(request.endpoint) ? 'after_id' : 'after')
    const next = cursor === undefined ? undefined : await askPage(journey, destination, query, cursor)
    if (next === undefined) break
    await rememberMadeIn(journey, destination, next)
    own.push(...(await ownEntries(next, tenant, gateway)))
    last = next
  }
  // A token leads to the page after the last one read: what is not told now would be told never.
  if ('next_page' in first) return { ...first, data: own, next_page: last.next_page ?? null }
  return listTold(first, own.slice(0, wanted), own.length > wanted || last.has_more === true)
}

/** A provider's page is as long as it likes where the caller does not say. */
function wantedIn(query: URLSearchParams, shown: number): number {
  const limit = Number(query.get('limit'))
  return Number.isSafeInteger(limit) && limit > 0 ? limit : shown
}

/** Member of the query that names the next page, and its value. */
type Cursor = [name: 'page' | 'after' | 'after_id', value: string]

/** Undefined where nothing comes after, or the caller pages backwards. */
export function cursorAfter(
  page: Answer,
  query: URLSearchParams,
  name: 'after' | 'after_id',
): Cursor | undefined {
  if (typeof page.next_page === 'string') return ['page', page.next_page]
  if (page.has_more !== true || query.has('before') || query.has('before_id')) return undefined
  const id = entriesOf(page).at(-1)?.id
  return typeof id === 'string' ? [name, id] : undefined
}

/** Undefined where it does not come in time, or is no page. Without a cursor, the first. */
export async function askPage(
  { incoming, gateway, policy, startedMs, stop }: Journey,
  { provider, replica }: Destination,
  query: URLSearchParams,
  cursor: Cursor | undefined,
): Promise<Answer | undefined> {
  const leftMs = startedMs + policy.limits.timeoutMs - gateway.elapsedMs()
  if (leftMs <= 0 || stop.reason !== undefined) return undefined
  const asked = new URLSearchParams(query)
  if (cursor !== undefined) asked.set(...cursor)
  asked.set('limit', ENTRIES_A_PAGE)
  const { passed } = incoming.request as PassedRequest
  const answer = await smallCall(provider, replica, {
    method: 'GET',
    path: `${provider.path(passed.path, '')}?${asked}`,
    headers: incoming.headers,
    body: null,
    principal: incoming.principal,
    deadlineMs: Math.min(PAGE_DEADLINE_MS, leftMs),
    freshConnection: false,
  })
  return answer.kind === 'answered' && answer.status === 200 ? parsed(answer.body) : undefined
}

function parsed(bytes: Uint8Array): Answer | undefined {
  const page = parseJson(new TextDecoder().decode(bytes))
  return isObject(page) && Array.isArray(page.data) ? page : undefined
}

/** Without an entry there is no cursor to go on from: a caller told of more would ask for the same page again. */
export function listTold(first: Answer, own: Entries, hasMore: boolean): Answer {
  const list: Record<string, unknown> = { ...first, data: own }
  if ('first_id' in first) list.first_id = own[0]?.id ?? null
  if ('last_id' in first) list.last_id = own.at(-1)?.id ?? null
  if ('has_more' in first) list.has_more = hasMore && own.length > 0
  return list
}
