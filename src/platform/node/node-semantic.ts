/**
 * The semantic cache of one Node process. It is opened, and its code loaded, once a policy asks for it: its words take 20 MB, and
 * who does not use it does not pay for it.
 */
import type { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { Metrics } from '../../metering/metrics.ts'
import type { Policy, PolicySet } from '../../policy/policy.ts'
import type { OpenedSemantic, SemanticSurroundings } from './open-semantic.ts'
import { OpenedWhenNeeded } from './opened-when-needed.ts'

export class NodeSemantic {
  readonly #room: OpenedWhenNeeded<OpenedSemantic>
  #fault: string | undefined

  constructor(parts: SemanticSurroundings & { metrics: Metrics }) {
    this.#room = new OpenedWhenNeeded({
      isNeededBy: ({ cache }: Policy) => cache.semantic !== undefined,
      open: async () => (await import('./open-semantic.ts')).openSemantic(parts),
      failed: (reason) => {
        this.#fault = `The semantic cache cannot be opened, and only exact repeats are remembered: ${reason}.`
        parts.warn(this.#fault)
      },
    })
    const help = 'Remembered questions that others which mean the same are answered by.'
    parts.metrics.gauge('trimtab_semantic_entries', help, [], () => {
      const value = this.#stored()
      return value === undefined ? [] : [{ labels: [], value }]
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened: it costs hits then. */
  get cache(): SemanticCache | undefined {
    return this.#room.opened?.cache
  }

  /** Opens it where a policy asks for it. Never rejects. */
  neededBy(policies: PolicySet): Promise<void> {
    return this.#room.neededBy(policies)
  }

  /** For `/readyz`: what keeps questions that mean the same from being found as they could be. */
  notices(): readonly { message: string }[] {
    const { opened } = this.#room
    const fault = opened === undefined ? this.#fault : opened.cache.confirmingFault
    return fault === undefined ? [] : [{ message: fault }]
  }

  /** How many questions are remembered; undefined while that is not known. */
  #stored(): number | undefined {
    try {
      return this.#room.opened?.stored()
    } catch {
      return undefined
    }
  }

  async close(): Promise<void> {
    await (await this.#room.taken())?.close()
  }
}
