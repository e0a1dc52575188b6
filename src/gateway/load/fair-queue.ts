/**
 * The order in which requests that wait are served: interactive ones before batch, within each the tenants in turn, within a
 * tenant in order of arrival. Batch is not starved: each eighth place goes to it once one of it has waited for half a minute.
 */
import { type Costed, TenantRounds } from './tenant-rounds.ts'

export type Priority = 'interactive' | 'batch'

export interface Queued extends Costed {
  priority: Priority
  sinceMs: number
}

const AGED_MS = 30_000
const AGED_EACH = 8

export class FairQueue<Item extends Queued> {
  readonly #rounds: Readonly<Record<Priority, TenantRounds<Item>>> = {
    interactive: new TenantRounds(),
    batch: new TenantRounds(),
  }
  #sinceBatch = 0

  get size(): number {
    return this.#rounds.interactive.size + this.#rounds.batch.size
  }

  sizeOf(priority: Priority): number {
    return this.#rounds[priority].size
  }

  push(item: Item): void {
    this.#rounds[item.priority].push(item)
  }

  remove(item: Item): boolean {
    return this.#rounds[item.priority].remove(item)
  }

  /** @param isFit whether one may be served now */
  take(isFit: (item: Item) => boolean, nowMs: number): Item | undefined {
    const { interactive, batch } = this.#rounds
    if (batch.size === 0) return interactive.take(isFit)
    const isBatchsTurn =
      this.#sinceBatch >= AGED_EACH - 1 && batch.heads().some(({ sinceMs }) => nowMs - sinceMs >= AGED_MS)
    const [first, second] = isBatchsTurn ? [batch, interactive] : [interactive, batch]
    const item = first.take(isFit) ?? second.take(isFit)
    if (item !== undefined) this.#sinceBatch = item.priority === 'batch' ? 0 : this.#sinceBatch + 1
    return item
  }

  /** How many are served before one more of the tenant, as far as is known now. */
  aheadOf({ tenant, priority }: Pick<Queued, 'tenant' | 'priority'>): number {
    const { interactive, batch } = this.#rounds
    if (priority === 'interactive') return interactive.aheadOf(tenant)
    return interactive.size + batch.aheadOf(tenant)
  }

  /** Who has to leave a full queue for the newcomer; undefined where it has to go itself. */
  displacedBy(newcomer: Pick<Queued, 'tenant' | 'priority'>): Item | undefined {
    const { interactive, batch } = this.#rounds
    if (newcomer.priority === 'interactive' && batch.size > 0) return batch.lastOfHungriest()
    const rounds = newcomer.priority === 'interactive' ? interactive : batch
    const last = rounds.lastOfHungriest()
    const isHungrier = last !== undefined && rounds.countOf(last.tenant) > rounds.countOf(newcomer.tenant) + 1
    return isHungrier ? last : undefined
  }

  /** The tenant has more waiting than its share, beside others. */
  isHungry({ tenant, priority }: Pick<Queued, 'tenant' | 'priority'>): boolean {
    const rounds = this.#rounds[priority]
    return rounds.tenants > 1 && rounds.countOf(tenant) > rounds.size / rounds.tenants
  }
}
