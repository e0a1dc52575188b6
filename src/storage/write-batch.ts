/** The writes of one turn of the event loop, and the promise that everyone who opened something in it waits for. */
import type { Failure } from '../errors.ts'
import type { LedgerWrite } from './ledger-statements.ts'
import { Openings } from './openings.ts'
import type { UnwrittenOpenings } from './unwritten-openings.ts'

export class WriteBatch {
  writes: LedgerWrite[] = []
  readonly openings = new Openings()
  /** Unix milliseconds. */
  readonly since: number

  constructor(since: number) {
    this.since = since
  }

  /** What opens something goes to `unwritten`, for its settlement to bring along; how many writes that were. */
  refuseOpenings(failure: Failure, unwritten: UnwrittenOpenings): number {
    if (this.openings.isEmpty) return 0
    const before = this.writes.length
    this.writes = this.writes.filter((write) => {
      if (write.kind !== 'request' && write.kind !== 'attempt') return true
      unwritten.keep(write)
      return false
    })
    this.openings.refuse(failure)
    return before - this.writes.length
  }
}
