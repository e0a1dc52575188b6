/**
 * Who of several tenants is served next: deficit round robin (Shreedhar and Varghese, SIGCOMM 1995), so that none gets more
 * than its share of tokens, however many requests it has waiting.
 */

export interface Costed {
  tenant: string
  /** In tokens, above 0. */
  cost: number
}

interface Tenant<Item> {
  name: string
  items: Item[]
  deficit: number
}

/** What a tenant may take more each time it is its turn. */
const QUANTUM_TOKENS = 1024

export class TenantRounds<Item extends Costed> {
  /** Those that wait, in the order of their turns. */
  readonly #ring: Tenant<Item>[] = []
  readonly #byName = new Map<string, Tenant<Item>>()
  #at = 0
  /** The tenant whose turn it is has its quantum. */
  #granted = false
  #size = 0

  get size(): number {
    return this.#size
  }

  get tenants(): number {
    return this.#ring.length
  }

  countOf(tenant: string): number {
    return this.#byName.get(tenant)?.items.length ?? 0
  }

  push(item: Item): void {
    this.#size++
    const found = this.#byName.get(item.tenant)
    if (found !== undefined) return void found.items.push(item)
    const tenant = { name: item.tenant, items: [item], deficit: 0 }
    this.#byName.set(item.tenant, tenant)
    // Behind whose turn it is, so that all others come first.
    this.#ring.splice(this.#at, 0, tenant)
    this.#at = (this.#at + 1) % this.#ring.length
  }

  /** The first of each tenant. */
  heads(): Item[] {
    return this.#ring.flatMap(({ items }) => items[0] ?? [])
  }

  /** @param isFit of the first of a tenant: whether it may be served now */
  take(isFit: (item: Item) => boolean): Item | undefined {
    const fit = new Set(this.#ring.filter(({ items }) => items[0] !== undefined && isFit(items[0])))
    if (fit.size === 0) return undefined
    this.#skipRounds(fit)
    for (;;) {
      const tenant = this.#ring[this.#at] as Tenant<Item> // one is fit
      const [first] = tenant.items
      if (first !== undefined && fit.has(tenant)) {
        if (!this.#granted) tenant.deficit += QUANTUM_TOKENS
        this.#granted = true
        if (first.cost <= tenant.deficit) return this.#serve(tenant, first)
      }
      this.#at = (this.#at + 1) % this.#ring.length
      this.#granted = false
    }
  }

  remove(item: Item): boolean {
    const tenant = this.#byName.get(item.tenant)
    const place = tenant?.items.indexOf(item) ?? -1
    if (tenant === undefined || place < 0) return false
    tenant.items.splice(place, 1)
    this.#left(tenant)
    return true
  }

  /** The latest of the tenant that has most waiting. */
  lastOfHungriest(): Item | undefined {
    let hungriest: Tenant<Item> | undefined
    for (const tenant of this.#ring)
      if (hungriest === undefined || tenant.items.length > hungriest.items.length) hungriest = tenant
    return hungriest?.items.at(-1)
  }

  /** How many are served before one more of the tenant, as far as turns tell. */
  aheadOf(tenant: string): number {
    const own = this.countOf(tenant)
    let ahead = own
    for (const { name, items } of this.#ring) if (name !== tenant) ahead += Math.min(items.length, own + 1)
    return ahead
  }

  /** Rounds in which nobody could be served are gone through at once. */
  #skipRounds(fit: ReadonlySet<Tenant<Item>>): void {
    let rounds = Number.POSITIVE_INFINITY
    for (const { items, deficit } of fit)
      rounds = Math.min(rounds, Math.ceil(((items[0]?.cost ?? 0) - deficit) / QUANTUM_TOKENS))
    if (rounds > 1) for (const tenant of fit) tenant.deficit += (rounds - 1) * QUANTUM_TOKENS
  }

  #serve(tenant: Tenant<Item>, item: Item): Item {
    tenant.deficit -= item.cost
    tenant.items.shift()
    this.#left(tenant)
    return item
  }

  #left(tenant: Tenant<Item>): void {
    this.#size--
    if (tenant.items.length > 0) return
    const place = this.#ring.indexOf(tenant)
    this.#ring.splice(place, 1)
    this.#byName.delete(tenant.name)
    if (place === this.#at) this.#granted = false
    if (place < this.#at) this.#at--
    if (this.#at >= this.#ring.length) this.#at = 0
  }
}
