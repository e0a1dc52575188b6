/** What classifiers told of texts, by digests: in memory alone, what was told longest ago forgotten first. */
import { forgetOldest } from '../forget-oldest.ts'
import { textDigest } from '../routing/text-hash.ts'

/** Each takes some 150 bytes. */
const MOST_SCORES = 10_000

interface Scored {
  tenant: string
  model: string
  label: string
  text: string
}

export class DifficultyScores {
  readonly #scores = new Map<string, number>()

  find(scored: Scored): number | undefined {
    return this.#scores.get(keyOf(scored))
  }

  keep(scored: Scored, score: number): void {
    this.#scores.set(keyOf(scored), score)
    forgetOldest(this.#scores, MOST_SCORES)
  }
}

/** Another tenant's text tells nobody anything. */
function keyOf({ tenant, model, label, text }: Scored): string {
  return `${text.length} ${textDigest(JSON.stringify([tenant, model, label]))} ${textDigest(text)}`
}
