/** The list of kept chats: chat goes to whichever account is free, and so its list is merged of all of them. */
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import type { Replica } from '../../providers/provider.ts'
import type { Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { smallCall } from '../small-call.ts'
import { askPage, cursorAfter, listTold, MOST_PAGES } from './own-list.ts'
import { entriesOf, isSharedList, ownEntries } from './passed-answer.ts'

type Answer = Readonly<Record<string, unknown>>

/** As OpenAI's, where the caller does not say. */
const USUAL_LIMIT = 20
const LOOK_DEADLINE_MS = 30_000

/** Accounts in which kept chats may be: more than one, or the list is whole as it is. */
export function accountsOfChats(
  { incoming, gateway }: Journey,
  { provider }: Destination,
): readonly Replica[] {
  const { passed } = incoming.request
  if (passed?.endpoint !== 'chat/completions/{id}' || passed.id !== undefined || passed.method !== 'GET')
    return []
  const accounts = new Map<string, Replica>()
  for (const replica of gateway.registry().providers.get(provider.name)?.replicas ?? [])
    if (!accounts.has(replica.account)) accounts.set(replica.account, replica)
  return accounts.size > 1 ? [...accounts.values()] : []
}

/** `first` is the answer of the account that was asked: that of the chat after which the list goes on, or the first. */
export async function mergedChats(
  journey: Journey,
  destination: Destination,
  first: Answer,
  accounts: readonly Replica[],
): Promise<Answer> {
  const { passed } = journey.incoming.request as PassedRequest
  const query = new URLSearchParams(passed.query)
  const after = query.get('after')
  const from = accounts.findIndex(({ account }) => account === destination.replica.account)
  const created = after === null ? undefined : await createdAt(journey, destination, after)
  // What cannot be placed among the others' is listed by itself.
  if (!Array.isArray(first.data) || (after !== null && created === undefined)) return first
  const merge = new Merge(journey, destination, { query, isDescending: query.get('order') === 'desc' })
  const passing = created === undefined ? undefined : { created, account: from }
  const lanes = accounts.map((replica, index) =>
    index === from ? merge.lane(replica, index, first) : merge.lane(replica, index, undefined, passing),
  )
  const limit = Number(query.get('limit') ?? USUAL_LIMIT)
  const wanted = Number.isSafeInteger(limit) && limit > 0 ? limit : USUAL_LIMIT
  const { entries, hasMore } = await merge.take(lanes, wanted)
  return listTold(first, entries, hasMore)
}

interface Lane {
  replica: Replica
  account: number
  entries: Answer[]
  /** The page that the entries are of; undefined where none was asked for yet. */
  page: Answer | undefined
  isOver: boolean
  /** Whether the entries are those that the caller may see. */
  isSifted: boolean
  /** Entries up to here were listed on earlier pages. */
  passing: Place | undefined
}

interface Place {
  /** Unix seconds. */
  created: number
  account: number
}

class Merge {
  readonly #journey: Journey
  readonly #destination: Destination
  readonly #query: URLSearchParams
  readonly #sign: 1 | -1
  #pages = 0

  constructor(
    journey: Journey,
    destination: Destination,
    { query, isDescending }: { query: URLSearchParams; isDescending: boolean },
  ) {
    this.#journey = journey
    this.#destination = destination
    this.#query = new URLSearchParams(query)
    this.#query.delete('after')
    this.#sign = isDescending ? -1 : 1
  }

  lane(replica: Replica, account: number, page: Answer | undefined, passing?: Place): Lane {
    const entries = page === undefined ? [] : [...entriesOf(page)]
    return { replica, account, entries, page, isOver: false, isSifted: false, passing }
  }

  async take(lanes: readonly Lane[], wanted: number): Promise<{ entries: Answer[]; hasMore: boolean }> {
    const entries: Answer[] = []
    for (;;) {
      for (const lane of lanes) await this.#fill(lane)
      const next = lanes.filter((lane) => lane.entries.length > 0).sort((a, b) => this.#order(a, b))[0]
      if (next === undefined) return { entries, hasMore: lanes.some(({ isOver }) => !isOver) }
      if (entries.length === wanted) return { entries, hasMore: true }
      entries.push(next.entries.shift() as Answer)
    }
  }

  /** Until it has an entry to show, or there is none, or enough pages were asked for. */
  async #fill(lane: Lane): Promise<void> {
    if (!lane.isSifted) await this.#sift(lane)
    while (lane.entries.length === 0 && !lane.isOver && this.#pages < MOST_PAGES) {
      const cursor = lane.page === undefined ? undefined : cursorAfter(lane.page, this.#query, 'after')
      if (lane.page !== undefined && cursor === undefined) lane.isOver = true
      else await this.#ask(lane, cursor)
    }
  }

  async #ask(lane: Lane, cursor: ReturnType<typeof cursorAfter>): Promise<void> {
    this.#pages++
    const page = await askPage(
      this.#journey,
      { ...this.#destination, replica: lane.replica },
      this.#query,
      cursor,
    )
    if (page === undefined) lane.isOver = true
    else {
      lane.page = page
      lane.entries = [...entriesOf(page)]
      await this.#sift(lane)
    }
  }

  /** What the caller may see, and was not told before. */
  async #sift(lane: Lane): Promise<void> {
    lane.isSifted = true
    const { incoming, gateway } = this.#journey
    const own = isSharedList(this.#journey)
      ? await ownEntries({ data: lane.entries }, incoming.principal.tenant, gateway)
      : lane.entries
    lane.entries = own.filter((entry) => lane.passing === undefined || this.#comesAfter(entry, lane))
  }

  #comesAfter(entry: Answer, { account, passing }: Lane): boolean {
    if (passing === undefined) return true
    const apart = this.#sign * (createdOf(entry) - passing.created)
    return apart > 0 || (apart === 0 && account > passing.account)
  }

  #order(one: Lane, other: Lane): number {
    const apart = createdOf(one.entries[0]) - createdOf(other.entries[0])
    return this.#sign * apart || one.account - other.account
  }
}

function createdOf(entry: Answer | undefined): number {
  return typeof entry?.created === 'number' ? entry.created : 0
}

/** Of a kept chat; undefined where its account does not tell. */
async function createdAt(
  { incoming }: Journey,
  { provider, replica }: Destination,
  id: string,
): Promise<number | undefined> {
  const answer = await smallCall(provider, replica, {
    method: 'GET',
    path: provider.path(`chat/completions/${encodeURIComponent(id)}`, ''),
    headers: incoming.headers,
    body: null,
    principal: incoming.principal,
    deadlineMs: LOOK_DEADLINE_MS,
    freshConnection: false,
  })
  if (answer.kind !== 'answered' || answer.status !== 200) return undefined
  const chat = parseJson(new TextDecoder().decode(answer.body))
  return isObject(chat) && typeof chat.created === 'number' ? chat.created : undefined
}
