/** Looks now and then at what is billed by its reading and was not read: a few at a time, less and less often. */
import type { MadeId } from '../../routing/made-ids.ts'
import type { Gateway } from '../journey.ts'
import { nextLookAt } from './look-times.ts'
import { billUnknown, billUnread } from './unread.ts'

/** Of one turn, one after the other: what waits longer comes first in the next. */
const MOST_A_TURN = 20

export class UnreadUpkeep {
  readonly #gateway: Gateway
  readonly #failed: (error: unknown) => void
  #running: Promise<void> | undefined
  #stopping = false

  /** `failed` is told what is ours to mend. */
  constructor(gateway: Gateway, failed: (error: unknown) => void) {
    this.#gateway = gateway
    this.#failed = failed
  }

  /** Looks at what is due; a second call joins the first. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#work()
      .catch((error: unknown) => {
        // What was cut off by the end is looked at after the next start.
        if (!this.#stopping) this.#failed(error)
      })
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  /** Begins nothing more. Resolves once nothing is under way, after `graceMs` at the latest. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    await Promise.race([this.#running, late])
    clearTimeout(timer)
  }

  async #work(): Promise<void> {
    const { madeIds, now } = this.#gateway
    for (const made of await madeIds.overdue(now(), MOST_A_TURN)) {
      if (this.#stopping) return
      await this.#look(made)
    }
  }

  async #look(made: MadeId): Promise<void> {
    const { madeIds, now } = this.#gateway
    const next = nextLookAt(made.madeAt, now())
    // Whatever comes of it, it is not looked at all the time; and another process leaves it alone meanwhile.
    const later = next ?? nextLookAt(now(), now())
    if (!(await madeIds.lookNext(made, later))) return
    const mine = { ...made, lookAt: later }
    const looked = await billUnread(mine, this.#gateway)
    if (looked.kind === 'gone') await billUnknown(mine, this.#gateway, 'the provider has it no more.')
    else if (looked.kind !== 'billed' && next === undefined) {
      const why = looked.kind === 'running' ? 'it has not ended in a month.' : `${looked.reason}.`
      await billUnknown(mine, this.#gateway, why)
    }
  }
}
