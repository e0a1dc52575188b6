/** Bytes of request a token, as each workflow's own requests have taught it: what tokens are told by before a provider counts them. */
import { forgetOldest } from '../forget-oldest.ts'

/** Of English prose and JSON, as tokenizers of 2026 cut them; where nothing was learned yet. */
const USUAL_BYTES_PER_TOKEN = 4

/** Each new count moves a ratio by a fiftieth, the first ones by more: what a workflow sent lately decides. */
const WEIGHT = 1 / 50
/** Beyond these a count is a provider's error, or of a prompt that the caller never sent. */
const LEAST = 0.25
const MOST = 64
/** Names of workflows may be callers' own. */
const MOST_WORKFLOWS = 1000

interface Ratio {
  bytesPerToken: number
  /** Requests that it was learned from. */
  lessons: number
}

/** As it crosses from one thread to another. */
export interface LearnedRatio extends Ratio {
  workflow: string
}

export class TokenRatios {
  readonly #byWorkflow = new Map<string, Ratio>()
  readonly #all: Ratio = { bytesPerToken: USUAL_BYTES_PER_TOKEN, lessons: 0 }

  /** The workflow's own, else that of all requests of this installation. */
  bytesPerToken(workflow: string): number {
    return (this.#byWorkflow.get(workflow) ?? this.#all).bytesPerToken
  }

  /** `bytes` of a request without its media, `tokens` as its provider counted them; on the path of every request. */
  learn(workflow: string, bytes: number, tokens: number): void {
    const bytesPerToken = bytes / tokens
    if (!(bytesPerToken >= LEAST && bytesPerToken <= MOST)) return
    let ratio = this.#byWorkflow.get(workflow)
    if (ratio === undefined) {
      ratio = { bytesPerToken: this.#all.bytesPerToken, lessons: 0 }
      this.#keep(workflow, ratio)
    }
    move(ratio, bytesPerToken)
    move(this.#all, bytesPerToken)
  }

  learned(): LearnedRatio[] {
    return [...this.#byWorkflow].map(([workflow, { bytesPerToken, lessons }]) => ({
      workflow,
      bytesPerToken,
      lessons,
    }))
  }

  /** What an earlier process learned; workflows that have taught more since then keep what they taught. */
  recall(earlier: readonly LearnedRatio[]): void {
    for (const { workflow, bytesPerToken, lessons } of earlier) {
      if ((this.#byWorkflow.get(workflow)?.lessons ?? 0) >= lessons) continue
      this.#keep(workflow, { bytesPerToken, lessons })
    }
    const known = [...this.#byWorkflow.values()]
    const lessons = known.reduce((sum, ratio) => sum + ratio.lessons, 0)
    if (lessons === 0) return
    this.#all.bytesPerToken =
      known.reduce((sum, ratio) => sum + ratio.bytesPerToken * ratio.lessons, 0) / lessons
    this.#all.lessons = lessons
  }

  #keep(workflow: string, ratio: Ratio): void {
    this.#byWorkflow.set(workflow, ratio)
    forgetOldest(this.#byWorkflow, MOST_WORKFLOWS)
  }
}

/** In place: nothing is allocated on the path. The first lesson counts as much as what was assumed before it. */
function move(ratio: Ratio, towards: number): void {
  ratio.lessons++
  const weight = Math.max(WEIGHT, 1 / (ratio.lessons + 1))
  ratio.bytesPerToken += (towards - ratio.bytesPerToken) * weight
}
