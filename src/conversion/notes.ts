/** Collects what a conversion could not say, each thing once however often it comes. */

export class Notes {
  readonly #notes = new Set<string>()

  /** `field` in the caller's notation; of list members without their place: `input[].phase`. */
  dropped(field: string, why: string): void {
    this.#notes.add(`\`${field}\` was dropped: ${why}.`)
  }

  add(sentence: string): void {
    this.#notes.add(sentence)
  }

  list(): readonly string[] {
    return [...this.#notes]
  }
}
