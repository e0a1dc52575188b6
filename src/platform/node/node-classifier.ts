/** What is learned of texts, in one Node process: read once a policy asks for it. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Policy, PolicySet } from '../../policy/policy.ts'
import type { Classifier } from '../../routing/classifier.ts'
import type { Prior } from '../../routing/prior.ts'
import { OpenedWhenNeeded } from './opened-when-needed.ts'
import { routerModelFile } from './package-files.ts'

export class NodeClassifier {
  readonly #room: OpenedWhenNeeded<Classifier>

  constructor(warn: (message: string) => void) {
    this.#room = new OpenedWhenNeeded({
      isNeededBy: asksForDifficulty,
      open: openPrior,
      failed: (reason) => warn(`Difficulty cannot be told, and counts as hard everywhere: ${reason}.`),
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be read: difficulty is unknown then. */
  get classifier(): Classifier | undefined {
    return this.#room.opened
  }

  /** Reads it where a policy asks for it. Never rejects. */
  neededBy(policies: PolicySet): Promise<void> {
    return this.#room.neededBy(policies)
  }
}

/** @throws Error with a sentence where the model cannot be read */
export async function openPrior(): Promise<Prior> {
  const [{ Prior: Opened }, { readDifficultyModel }] = await Promise.all([
    import('../../routing/prior.ts'),
    import('../../routing/difficulty-model.ts'),
  ])
  const file = routerModelFile()
  const bytes = Uint8Array.from(readFileSync(file))
  return new Opened(await readDifficultyModel(bytes, (content) => hash('sha256', content), file))
}

function asksForDifficulty({ route }: Pick<Policy, 'route'>): boolean {
  return route.rules.some(({ when }) => when.difficulty !== undefined)
}
