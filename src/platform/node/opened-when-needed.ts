/**
 * A part of a server that is opened, and its code loaded, once a policy needs it: who does not use it does not pay for it.
 * What cannot be opened is told, and tried again when the next policy is saved.
 */
import type { Policy, PolicySet } from '../../policy/policy.ts'

interface Opening<Opened> {
  isNeededBy(policy: Policy): boolean
  open(): Promise<Opened>
  /** Half a sentence, without its stop: why it cannot be opened. */
  failed(reason: string): void
}

export class OpenedWhenNeeded<Opened> {
  readonly #parts: Opening<Opened>
  #opened: Opened | undefined
  #opening: Promise<void> | undefined

  constructor(parts: Opening<Opened>) {
    this.#parts = parts
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** Never rejects. */
  async neededBy(policies: PolicySet): Promise<void> {
    const { isNeededBy } = this.#parts
    if (policies.inOrder.some(isNeededBy) || isNeededBy(policies.default)) await this.#open()
  }

  /** What was opened, for whoever closes it; undefined from now on. */
  async taken(): Promise<Opened | undefined> {
    await this.#opening
    const opened = this.#opened
    this.#opened = undefined
    return opened
  }

  #open(): Promise<void> {
    this.#opening ??= this.#parts.open().then(
      (opened) => {
        this.#opened = opened
      },
      (error: unknown) => {
        this.#opening = undefined
        this.#parts.failed(reasonOf(error))
      },
    )
    return this.#opening
  }
}

export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
