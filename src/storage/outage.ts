/** Whether rows can be written, and what the operator is told where they cannot. */
import { FaultLog } from '../fault-log.ts'

export class Outage {
  /** A sentence; undefined while rows can be written. */
  fault: string | undefined
  readonly #path: string
  readonly #log: FaultLog

  /** `now` is Unix milliseconds. */
  constructor(path: string, { now, warn }: { now: () => number; warn: (message: string) => void }) {
    this.#path = path
    this.#log = new FaultLog({ now, say: warn })
  }

  /** To be told of each failure, the first too. */
  goesOn(reason: string, keptRows: number): void {
    this.fault = `The ledger ${this.#path} cannot be written (${reason}); ${keptRows} rows are kept.`
    this.#log.failed(this.fault)
  }

  ends(): void {
    if (this.fault === undefined) return
    this.fault = undefined
    this.#log.worked(`The ledger ${this.#path} is written again.`)
  }

  closed(): void {
    this.fault = `The ledger ${this.#path} is closed.`
  }
}
