/**
 * The semantic cache of one Node process. It is opened, and its code loaded, once a policy asks for it: its words take 20 MB, and
 * who does not use it does not pay for it.
 */
import type { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { Metrics } from '../../metering/metrics.ts'
import type { PolicySet } from '../../policy/policy.ts'
import type { OpenedSemantic, SemanticSurroundings } from './open-semantic.ts'

export class NodeSemantic {
  readonly #parts: SemanticSurroundings
  #opened: OpenedSemantic | undefined
  #opening: Promise<void> | undefined
  #fault: string | undefined

  constructor(parts: SemanticSurroundings & { metrics: Metrics }) {
    this.#parts = parts
    const help = 'Remembered questions that others which mean the same are answered by.'
    parts.metrics.gauge('trimtab_semantic_entries', help, [], () => {
      const value = this.#stored()
      return value === undefined ? [] : [{ labels: [], value }]
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened. */
  get cache(): SemanticCache | undefined {
    return this.#opened?.cache
  }

  /** Opens it where a policy asks for it. Never rejects: what cannot be opened costs hits, and is told. */
  async neededBy(policies: PolicySet): Promise<void> {
    const isNeeded = [policies.default, ...policies.inOrder].some(({ cache }) => cache.semantic !== undefined)
    if (isNeeded) await this.#open()
  }

  /** For `/readyz`: what keeps questions that mean the same from being found as they could be. */
  notices(): readonly { message: string }[] {
    const fault = this.#fault ?? this.#opened?.cache.confirmingFault
    return fault === undefined ? [] : [{ message: fault }]
  }

  /** How many questions are remembered; undefined while that is not known. */
  #stored(): number | undefined {
    try {
      return this.#opened?.stored()
    } catch {
      return undefined
    }
  }

  #open(): Promise<void> {
    this.#opening ??= openLater(this.#parts).then(
      (opened) => {
        this.#opened = opened
        this.#fault = undefined
      },
      (error: unknown) => {
        // The next policy that is saved tries again.
        this.#opening = undefined
        const reason = error instanceof Error ? error.message : String(error)
        this.#fault = `The semantic cache cannot be opened, and only exact repeats are remembered: ${reason.replace(/\.$/, '')}.`
        this.#parts.warn(this.#fault)
      },
    )
    return this.#opening
  }

  async close(): Promise<void> {
    await this.#opening
    await this.#opened?.close()
    this.#opened = undefined
  }
}

async function openLater(parts: SemanticSurroundings): Promise<OpenedSemantic> {
  const { openSemantic } = await import('./open-semantic.ts')
  return openSemantic(parts)
}
