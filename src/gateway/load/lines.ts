/** All lines in which requests wait, by provider and lane. */
import type { Lane, Provider } from '../../providers/provider.ts'
import type { Claim } from './claim.ts'
import { Line, type Waiting } from './line.ts'

export class Lines {
  readonly #byProvider = new Map<string, Partial<Record<Lane, Line>>>()

  /** Where any ever waited. */
  of(provider: string): readonly Line[] {
    return Object.values(this.#byProvider.get(provider) ?? {})
  }

  find({ name }: Provider, lane: Lane): Line | undefined {
    return this.#byProvider.get(name)?.[lane]
  }

  made(provider: Provider, lane: Lane): Line {
    const lines = this.#byProvider.get(provider.name) ?? {}
    this.#byProvider.set(provider.name, lines)
    lines[lane] ??= new Line(provider, lane)
    return lines[lane]
  }

  queued(provider: string): number {
    return this.of(provider).reduce((sum, { queue }) => sum + queue.size, 0)
  }

  /** Who has to leave for a newcomer in a line, rather of this one than of another: all of a provider share `max_queued`. */
  displacedBy(claim: Claim, line: Line): Waiting | undefined {
    let displaced = line.queue.displacedBy(claim)
    for (const { queue } of this.of(line.provider.name)) displaced ??= queue.displacedBy(claim)
    return displaced
  }

  all(): readonly Line[] {
    return [...this.#byProvider.keys()].flatMap((name) => this.of(name))
  }

  /** Providers were configured anew. @returns every line */
  adopt(providers: ReadonlyMap<string, Provider>): readonly Line[] {
    for (const name of this.#byProvider.keys())
      if (!providers.has(name) && this.queued(name) === 0) this.#byProvider.delete(name)
    const all = this.all()
    for (const line of all) line.adopt(providers.get(line.provider.name) ?? line.provider)
    return all
  }
}
