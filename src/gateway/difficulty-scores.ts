/** What classifiers told of texts, by digests: in memory alone, what was told longest ago forgotten first. */
import { forgetOldest } from '../forget-oldest.ts'
import { textDigest } from '../routing/text-hash.ts'

/** Each takes some 150 bytes. */
const MOST_SCORES = 10_000

/** Undefined: it tells none. `left`: whoever asked left before it could. */
export type Told = number | 'left' | undefined

interface Scored {
  tenant: string
  model: string
  label: string
  text: string
}

export class DifficultyScores {
  readonly #scores = new Map<string, number>()
  readonly #underWay = new Map<string, Promise<Told>>()

  find(scored: Scored): number | undefined {
    return this.#scores.get(keyOf(scored))
  }

  /**
   * One call for all who want to know the same at once, whose scores are found from then on. Where whoever caused it leaves,
   * another of them asks.
   * @param ask never rejects
   */
  async ask(scored: Scored, ask: () => Promise<Told>): Promise<number | undefined> {
    const key = keyOf(scored)
    for (;;) {
      const known = this.#underWay.get(key)
      const told = await (known ?? this.#begin(key, ask))
      if (told !== 'left') return told
      if (known === undefined) return undefined
    }
  }

  #begin(key: string, ask: () => Promise<Told>): Promise<Told> {
    const asking = ask().then((told) => {
      this.#underWay.delete(key)
      if (typeof told !== 'number') return told
      this.#scores.set(key, told)
      forgetOldest(this.#scores, MOST_SCORES)
      return told
    })
    this.#underWay.set(key, asking)
    return asking
  }
}

/** Another tenant's text tells nobody anything. */
function keyOf({ tenant, model, label, text }: Scored): string {
  return `${text.length} ${textDigest(JSON.stringify([tenant, model, label]))} ${textDigest(text)}`
}
