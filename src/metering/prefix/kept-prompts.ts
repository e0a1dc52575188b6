/** The latest prompts by workflow and session, as digests alone, within a bound. */

export interface KeptPrompt {
  chain: Uint32Array
  /** The same without what looks as if it changed each time. */
  steadyChain: Uint32Array
  messages: number
  /** Nothing of the prompt is left out of the chain. */
  isWhole: boolean
  session: string | undefined
  /** Unix milliseconds: since when a provider can have its beginning in its cache, and when it was asked last. */
  warmAt: number
  askedAt: number
}

const MOST_BYTES = 16 * 1024 * 1024
const BYTES_A_PROMPT = 200

export class KeptPrompts {
  readonly #byKey = new Map<string, KeptPrompt[]>()
  readonly #mostBytes: number
  #bytes = 0

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  of(key: string): readonly KeptPrompt[] {
    return this.#byKey.get(key) ?? []
  }

  /** In the place of `before`, or beside the others: of more than `most` the oldest goes. */
  keep(key: string, prompt: KeptPrompt, before: KeptPrompt | undefined, most: number): void {
    const kept = this.#byKey.get(key) ?? []
    this.#byKey.delete(key)
    this.#byKey.set(key, kept)
    const place = before === undefined ? -1 : kept.indexOf(before)
    const gone = place >= 0 ? kept.splice(place, 1) : kept.splice(0, Math.max(0, kept.length - most + 1))
    for (const one of gone) this.#bytes -= bytesOf(one)
    kept.push(prompt)
    this.#bytes += bytesOf(prompt)
    this.#forgetOldest(key)
  }

  #forgetOldest(newest: string): void {
    for (const [key, prompts] of this.#byKey) {
      if (this.#bytes <= this.#mostBytes || key === newest) return
      this.#byKey.delete(key)
      for (const one of prompts) this.#bytes -= bytesOf(one)
    }
  }
}

function bytesOf({ chain, steadyChain }: KeptPrompt): number {
  return chain.byteLength + steadyChain.byteLength + BYTES_A_PROMPT
}
