/** Ids of tool calls as Anthropic takes them: letters, digits, `_` and `-`. */

/** One for each request: an id is said alike in the call and in its result, and no two become the same. */
export class ToolIds {
  readonly #said = new Map<string, string>()
  readonly #taken = new Set<string>()

  say(id: unknown): string {
    const given = typeof id === 'string' ? id : ''
    const known = this.#said.get(given)
    if (known !== undefined) return known
    const plain = given.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call'
    let said = plain
    for (let count = 2; this.#taken.has(said); count++) said = `${plain}_${count}`
    this.#said.set(given, said)
    this.#taken.add(said)
    return said
  }
}
