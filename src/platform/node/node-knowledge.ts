/** The documents of a server: opened once a policy has a tier that answers from them, and not before. */
import type { Knowledge } from '../../knowledge/knowledge.ts'
import type { Policy, PolicySet } from '../../policy/policy.ts'
import type { KnowledgeSurroundings, OpenedKnowledge } from './open-knowledge.ts'
import { OpenedWhenNeeded } from './opened-when-needed.ts'

export class NodeKnowledge {
  readonly #room: OpenedWhenNeeded<OpenedKnowledge>

  constructor(parts: KnowledgeSurroundings) {
    this.#room = new OpenedWhenNeeded({
      isNeededBy: answersFromDocuments,
      open: async () => (await import('./open-knowledge.ts')).openKnowledge(parts),
      failed: (reason) =>
        parts.warn(`The documents cannot be opened, and models are asked instead: ${reason}.`),
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened: it abstains then. */
  get knowledge(): Knowledge | undefined {
    return this.#room.opened?.knowledge
  }

  /** Opens it where a policy asks for it. Never rejects. */
  neededBy(policies: PolicySet): Promise<void> {
    return this.#room.neededBy(policies)
  }

  async close(): Promise<void> {
    await (await this.#room.taken())?.close()
  }
}

function answersFromDocuments({ tiers }: Policy): boolean {
  return [...tiers.values()].some(({ documents }) => documents !== undefined)
}
