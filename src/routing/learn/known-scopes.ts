/** Scopes as this process knows them: where they stand, the version in force, and labels that wait to be written. */
import { type Deciding, decidingFrom } from './deciding.ts'
import { freshStanding, type LearnStore, type Scope, type Standing, type Version } from './learn-store.ts'
import type { Taken } from './take-labels.ts'

export interface Known {
  scope: Scope
  standing: Standing
  /** In force; undefined for none, and for one that was learned on other features. */
  version: Version | undefined
  deciding: Deciding | undefined
  waiting: Taken[]
  /** As the latest label's policy said; undefined before the first. */
  mostLoss: number | undefined
  isFitting: boolean
}

export class KnownScopes {
  readonly #store: LearnStore
  readonly #scheme: string
  readonly #byName = new Map<string, Known>()
  /** The scope of a workflow that was used last. */
  readonly #latest = new Map<string, Known>()

  constructor(store: LearnStore, scheme: string) {
    this.#store = store
    this.#scheme = scheme
    this.readAll()
  }

  all(): Iterable<Known> {
    return this.#byName.values()
  }

  find(scope: Scope): Known | undefined {
    return this.#byName.get(nameOf(scope))
  }

  latest(workflow: string): Known | undefined {
    return this.#latest.get(workflow)
  }

  /** The same in every process, whichever tiers it used last. */
  newestInForce(workflow: string): Known | undefined {
    let newest: Known | undefined
    for (const known of this.#byName.values()) {
      if (known.scope.workflow !== workflow || known.version === undefined) continue
      if (newest?.version === undefined || known.version.at > newest.version.at) newest = known
    }
    return newest
  }

  used(known: Known): void {
    this.#latest.set(known.scope.workflow, known)
  }

  /** Those that were forgotten elsewhere are forgotten here. */
  readAll(): void {
    const there = this.#store.scopes()
    const names = new Set(there.map(nameOf))
    for (const name of this.#byName.keys()) if (!names.has(name)) this.#byName.delete(name)
    for (const [workflow, { scope }] of this.#latest)
      if (!names.has(nameOf(scope))) this.#latest.delete(workflow)
    for (const scope of there) {
      const known = this.read(scope)
      if (!this.#latest.has(scope.workflow)) this.used(known)
    }
  }

  /** As the store has it. The object stays the same: a fit under way holds on to it. */
  read(scope: Scope): Known {
    const name = nameOf(scope)
    const known = this.#byName.get(name) ?? unknown(scope)
    known.standing = this.#store.standing(scope) ?? freshStanding()
    if (known.standing.inForce !== (known.version?.number ?? 0)) this.#readVersion(known)
    this.#byName.set(name, known)
    return known
  }

  #readVersion(known: Known): void {
    const { scope, standing } = known
    const version = this.#store.versions(scope).find(({ number }) => number === standing.inForce)
    const weights = version?.scheme === this.#scheme ? this.#store.weights(scope, version.number) : undefined
    known.version = weights && version
    known.deciding = weights && version && decidingFrom(weights, version.cut, version.screen)
  }
}

function unknown(scope: Scope): Known {
  return {
    scope,
    standing: freshStanding(),
    version: undefined,
    deciding: undefined,
    waiting: [],
    mostLoss: undefined,
    isFitting: false,
  }
}

function nameOf({ workflow, pair }: Scope): string {
  return `${workflow}\n${pair}`
}
