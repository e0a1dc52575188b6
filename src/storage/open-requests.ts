/** Which requests of this process lie open in the file, and the mark in the file below which none does. */
import { requestIdBound } from '../metering/request-id.ts'
import type { LedgerWrite } from './ledger-statements.ts'

const MARK_EVERY_MS = 1000
/** Nobody writes then, but what another process writes meanwhile would have to be searched after a crash. */
const IDLE_MARK_EVERY_MS = 60_000
/**
 * A request is opened some time after it got its id, and a clock may be set back. The mark stays this far behind, so
 * that few openings fall below it; one that does lowers it, in its own commit.
 */
const BEHIND_MS = 10_000

/** Knows what was committed, never what only waits for it: a crash finds the file, not the queue. */
export class OpenRequests {
  readonly #ids = new Set<string>()
  #mark = ''
  #markedAt = Number.NEGATIVE_INFINITY

  get count(): number {
    return this.#ids.size
  }

  /** True where a process that writes nothing should write its mark all the same. */
  isOverdue(now: number): boolean {
    return Math.abs(now - this.#markedAt) >= IDLE_MARK_EVERY_MS
  }

  /** The mark to commit along with these writes; undefined where the one in the file still holds. */
  markFor(writes: readonly LedgerWrite[], now: number): string | undefined {
    // Once a second, also by a clock that was set back; and where nothing else proves that the disk takes a row.
    if (writes.length === 0 || Math.abs(now - this.#markedAt) >= MARK_EVERY_MS) {
      return lowest(writes, lowestOf(this.#ids, requestIdBound(now - BEHIND_MS)))
    }
    const mark = lowest(writes, this.#mark)
    return mark === this.#mark ? undefined : mark
  }

  /** To be told once a commit has succeeded. */
  committed(writes: readonly LedgerWrite[], mark: string | undefined, now: number): void {
    for (const write of writes) {
      if (write.kind === 'request') this.#ids.add(write.request.id)
      else if (write.kind === 'request_settled' || write.kind === 'unsent') this.#ids.delete(write.settled.id)
    }
    if (mark === undefined) return
    this.#mark = mark
    this.#markedAt = now
  }
}

/** All of them: a clock that was set back gives later requests the lower ids. */
function lowestOf(ids: Iterable<string>, bound: string): string {
  let lowest = bound
  for (const id of ids) if (id < lowest) lowest = id
  return lowest
}

function lowest(writes: readonly LedgerWrite[], bound: string): string {
  let lowest = bound
  for (const write of writes) {
    if (write.kind === 'request' && write.request.id < lowest) lowest = write.request.id
  }
  return lowest
}
