/** What was needed lately, up to a bound; of what leaves, the longest unused is first. */

/**
 * Two maps take turns: what is needed goes to the fresh one, and once that is half of the bound, the other one's values leave
 * together. A map whose oldest value is taken out each time is walked over its gaps, which costs more than what it keeps.
 */
export class Lately<Value, Name = string> {
  readonly #half: number
  #fresh = new Map<Name, Value>()
  #aged = new Map<Name, Value>()

  /** Never keeps more, and at least the half of it. */
  constructor(most: number) {
    this.#half = Math.max(1, Math.floor(most / 2))
  }

  /** Made where it is not there. */
  get(name: Name, make: () => Value): Value {
    const known = this.find(name)
    if (known !== undefined) return known
    const made = make()
    this.set(name, made)
    return made
  }

  /** It counts as needed now. */
  find(name: Name): Value | undefined {
    const fresh = this.#fresh.get(name)
    if (fresh !== undefined) return fresh
    const aged = this.#aged.get(name)
    if (aged !== undefined) this.set(name, aged)
    return aged
  }

  peek(name: Name): Value | undefined {
    return this.#fresh.get(name) ?? this.#aged.get(name)
  }

  set(name: Name, value: Value): void {
    if (this.#fresh.size >= this.#half && !this.#fresh.has(name)) {
      this.#aged = this.#fresh
      this.#fresh = new Map()
    }
    this.#fresh.set(name, value)
  }

  clear(): void {
    this.#fresh.clear()
    this.#aged.clear()
  }
}
