/** Plays scripted requests against trimtab, many at a time, each with a mark that its provider and the ledger see. */
import { type Heard, startAsking } from '../support/ask.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import type { MockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { bodyOf, isEmbedding, MOST_CALLERS, type Scripted } from './script.ts'

/** One caller's request. */
export interface Asked {
  one: Scripted
  heard: Heard
}

const AT_ONCE = 96
/**
 * So many may have had their answer just then and, in the turn that was cut, not yet its row: each caller under way has
 * one answer a turn at most. What a provider saw has its row all the same.
 */
const LATELY = AT_ONCE * MOST_CALLERS

export class Play {
  /** By mark. */
  readonly asked = new Map<string, Asked>()
  /** Those who were asking when trimtab was killed, or had their answer just then. */
  readonly cut = new Set<string>()
  readonly #faults = new Map<string, readonly Fault[]>()
  readonly #mock: MockProvider
  #marks = 0
  #isDown = false

  constructor(mock: MockProvider) {
    this.#mock = mock
    const attempts = new Map<string, number>()
    mock.script((seen) => {
      const mark = markOf(seen)
      const number = attempts.get(mark) ?? 0
      attempts.set(mark, number + 1)
      return this.#faults.get(mark)?.[number] ?? { kind: 'none' }
    })
  }

  /** Until every caller has its answer, or has left. `begun` is told how many were begun, and waited for. */
  async all(
    scripted: readonly Scripted[],
    origin: () => string,
    begun: (count: number) => Promise<void> = async () => {},
  ): Promise<void> {
    let next = 0
    const work = async (): Promise<void> => {
      for (let one = scripted[next++]; one !== undefined; one = scripted[next++]) {
        await begun(next)
        const from = origin()
        await Promise.all(Array.from({ length: one.callers }, () => this.#ask(one, from)))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** One caller's answer. */
  async one(scripted: Scripted, origin: string): Promise<Heard> {
    return this.#ask(scripted, origin)
  }

  /** To be called once trimtab serves again. */
  noteBack(): void {
    this.#isDown = false
  }

  /** To be called when trimtab is killed. */
  noteCut(): void {
    this.#isDown = true
    for (const mark of [...this.asked.keys()].slice(-LATELY)) this.cut.add(mark)
    for (let mark = 1; mark <= this.#marks; mark++) {
      if (!this.asked.has(`mark-${mark}`)) this.cut.add(`mark-${mark}`)
    }
  }

  /** What the mock saw, by mark, in the order in which it came. */
  seen(): ReadonlyMap<string, readonly SeenRequest[]> {
    const byMark = new Map<string, SeenRequest[]>()
    for (const seen of this.#mock.requests) {
      const known = byMark.get(markOf(seen))
      if (known) known.push(seen)
      else byMark.set(markOf(seen), [seen])
    }
    return byMark
  }

  async #ask(one: Scripted, origin: string): Promise<Heard> {
    const mark = `mark-${++this.#marks}`
    // It was let through a moment before the kill.
    if (this.#isDown) this.cut.add(mark)
    this.#faults.set(mark, one.faults)
    const asking = startAsking(
      origin,
      { ...bodyOf(one), user: `user-${this.#marks % 5}` },
      {
        path: isEmbedding(one) ? '/v1/embeddings' : '/v1/chat/completions',
        headers: {
          'x-mock-mark': mark,
          'x-trimtab-session': mark,
          'x-trimtab-workflow': one.workflow,
          'cache-control': one.cacheControl,
        },
        ...(one.leaves === 'content' ? { onFirstBytes: () => asking.leave() } : {}),
      },
    )
    const leaving = typeof one.leaves === 'number' ? setTimeout(asking.leave, one.leaves) : undefined
    const heard = await asking.heard
    this.asked.set(mark, { one, heard })
    clearTimeout(leaving)
    return heard
  }
}

function markOf({ headers }: SeenRequest): string {
  return String(headers['x-mock-mark'])
}
