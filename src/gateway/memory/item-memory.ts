/**
 * Remembers the output items of converted answers for those who refer to them, as OpenAI does where `store` is not false:
 * the AI SDK sends `item_reference` instead of what it was told. What callers send themselves is not kept, so that
 * `previous_response_id`, which needs that too, stays refused. In memory alone: gone with the process.
 */
import type { ToldItems } from '../../conversion/told-items.ts'

const LIFETIME_MS = 60 * 60 * 1000
const MOST_CHARACTERS = 16 * 1024 * 1024
const MOST_CHARACTERS_EACH = 4 * 1024 * 1024
/** What an item takes besides its text, about. */
const OVERHEAD_CHARACTERS = 200

type Fields = Readonly<Record<string, unknown>>

interface Item {
  /** Undefined where two answers gave one id to different items: neither may stand for the other. */
  json: string | undefined
  characters: number
  expiresAt: number
}

/** The oldest item first. */
interface OfTenant {
  items: Map<string, Item>
  characters: number
}

export class ItemMemory {
  readonly #now: () => number
  /** Whoever was told something last comes last. */
  readonly #tenants = new Map<string, OfTenant>()
  #characters = 0

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  of(tenant: string): ToldItems {
    return {
      find: (id) => this.#find(tenant, id),
      remember: (items) => this.#remember(tenant, items),
    }
  }

  #find(tenant: string, id: string): Fields | undefined {
    const found = this.#tenants.get(tenant)?.items.get(id)
    if (found?.json === undefined || found.expiresAt <= this.#now()) return undefined
    return JSON.parse(found.json) as Fields
  }

  #remember(tenant: string, items: readonly Fields[]): void {
    const own = this.#tenants.get(tenant) ?? { items: new Map(), characters: 0 }
    this.#tenants.delete(tenant)
    this.#tenants.set(tenant, own)
    for (const item of items) {
      if (typeof item.id === 'string') this.#put(own, item.id, JSON.stringify(item))
    }
    while (own.characters > MOST_CHARACTERS_EACH) this.#dropOldest(own)
    for (const [name, others] of this.#tenants) {
      this.#dropOld(others)
      if (others.items.size > 0) break
      this.#tenants.delete(name)
    }
  }

  #put(own: OfTenant, id: string, json: string): void {
    const known = own.items.get(id)
    if (known !== undefined) this.#drop(own, id, known)
    const isAnother = known !== undefined && known.json !== json && known.expiresAt > this.#now()
    const said = isAnother ? undefined : json
    const characters = id.length + (said?.length ?? 0) + OVERHEAD_CHARACTERS
    own.items.set(id, { json: said, characters, expiresAt: this.#now() + LIFETIME_MS })
    own.characters += characters
    this.#characters += characters
  }

  /** Of whoever has been told nothing for the longest time, what is over and what there is no room for. */
  #dropOld(own: OfTenant): void {
    const nowMs = this.#now()
    for (const [id, item] of own.items) {
      if (item.expiresAt > nowMs && this.#characters <= MOST_CHARACTERS) break
      this.#drop(own, id, item)
    }
  }

  #dropOldest(own: OfTenant): void {
    for (const [id, item] of own.items) return this.#drop(own, id, item)
  }

  #drop(own: OfTenant, id: string, item: Item): void {
    own.items.delete(id)
    own.characters -= item.characters
    this.#characters -= item.characters
  }
}
