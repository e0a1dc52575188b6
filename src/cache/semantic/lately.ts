/** What was needed lately, up to a bound; the longest unused goes first. */

export class Lately<Value> {
  readonly #most: number
  readonly #values = new Map<string, Value>()

  constructor(most: number) {
    this.#most = most
  }

  /** Made where it is not there. */
  get(name: string, make: () => Value): Value {
    const known = this.#values.get(name)
    if (known === undefined) {
      const made = make()
      this.set(name, made)
      return made
    }
    this.#values.delete(name)
    this.#values.set(name, known)
    return known
  }

  peek(name: string): Value | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: Value): void {
    this.#values.delete(name)
    this.#values.set(name, value)
    if (this.#values.size <= this.#most) return
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}
