/** The documents of a server: opened once a policy has a tier that answers from them, and not before. */
import type { Knowledge } from '../../knowledge/knowledge.ts'
import type { PolicySet } from '../../policy/policy.ts'
import type { KnowledgeSurroundings, OpenedKnowledge } from './open-knowledge.ts'

export class NodeKnowledge {
  readonly #parts: KnowledgeSurroundings
  #opened: OpenedKnowledge | undefined
  #opening: Promise<void> | undefined

  constructor(parts: KnowledgeSurroundings) {
    this.#parts = parts
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened. */
  get knowledge(): Knowledge | undefined {
    return this.#opened?.knowledge
  }

  /** Opens it where a policy asks for it. Never rejects: what cannot be opened abstains, and is told. */
  async neededBy(policies: PolicySet): Promise<void> {
    const isNeeded = [policies.default, ...policies.inOrder].some(({ tiers }) =>
      [...tiers.values()].some(({ documents }) => documents !== undefined),
    )
    if (isNeeded) await this.#open()
  }

  async close(): Promise<void> {
    await this.#opening
    await this.#opened?.close()
    this.#opened = undefined
  }

  #open(): Promise<void> {
    this.#opening ??= openLater(this.#parts).then(
      (opened) => {
        this.#opened = opened
      },
      (error: unknown) => {
        // The next policy that is saved tries again.
        this.#opening = undefined
        const reason = error instanceof Error ? error.message : String(error)
        this.#parts.warn(
          `The documents cannot be opened, and models are asked instead: ${reason.replace(/\.$/, '')}.`,
        )
      },
    )
    return this.#opening
  }
}

async function openLater(parts: KnowledgeSurroundings): Promise<OpenedKnowledge> {
  const { openKnowledge } = await import('./open-knowledge.ts')
  return openKnowledge(parts)
}
