/** How many requests at once a provider is going to have, from how many it had: what a forecast of replicas is made from. */

/** What was longer ago counts e times less. */
const LATELY_MS = 30_000
const BEFORE_MS = 120_000

export class Demand {
  #lately: number | undefined
  #before = 0
  #atMs = 0

  /** Requests under way and waiting, at a time. */
  seen(requests: number, nowMs: number): void {
    if (this.#lately === undefined) this.#before = this.#lately = requests
    const passedMs = nowMs - this.#atMs
    this.#atMs = nowMs
    this.#lately += (requests - this.#lately) * (1 - Math.exp(-passedMs / LATELY_MS))
    this.#before += (requests - this.#before) * (1 - Math.exp(-passedMs / BEFORE_MS))
  }

  /** As many as lately, and more where it grows: the difference to before is what comes on top. */
  get forecast(): number {
    const lately = this.#lately ?? 0
    return lately + Math.max(0, lately - this.#before)
  }
}
