/** Holds the policies that serve, and replaces them as a whole when their files change and are sound. */
import type { DigestOf, PolicyFile } from './parse-policy.ts'
import type { PolicySet } from './policy.ts'
import { builtInSet, readPolicies } from './policy-set.ts'
import type { Problem } from './problem.ts'

/** Where policy files come from: a folder on Node, the bundle on Workers. */
export interface PolicyFiles {
  /** @throws where they cannot be read; the policies that serve then stay. */
  read(): Promise<readonly PolicyFile[]>
  /** Calls back after each change that has come to rest, until the returned function is called. */
  onChange(changed: () => void): () => void
}

export interface Reload {
  /** False where an error keeps the earlier policies serving. */
  served: boolean
  /** How many files were read. */
  files: number
  problems: readonly Problem[]
}

export class PolicySource {
  readonly #digestOf: DigestOf
  #current: PolicySet
  #problems: readonly Problem[] = []

  /** Starts with the built-in default policy alone. `digestOf` gives the hex SHA-256 of a text. */
  constructor(digestOf: DigestOf) {
    this.#digestOf = digestOf
    this.#current = builtInSet(digestOf)
  }

  /** Immutable: a request keeps the policy it resolved, whatever is saved meanwhile. */
  current(): PolicySet {
    return this.#current
  }

  /** What the last reload found, for `/readyz`: errors keep the earlier set serving, warnings do not. */
  problems(): readonly Problem[] {
    return this.#problems
  }

  /** Serves `files` if none of them has an error, else keeps what served before. */
  reload(files: readonly PolicyFile[]): Reload {
    const { set, problems } = readPolicies(files, this.#digestOf)
    this.#problems = problems
    if (set !== undefined) this.#current = set
    return { served: set !== undefined, files: files.length, problems }
  }

  /**
   * Reads once, then after every change, one read at a time, so that an older read never overtakes a newer.
   * Resolves after the first read with a function that stops following.
   */
  async follow(files: PolicyFiles, reloaded: (reload: Reload) => void): Promise<() => void> {
    let reading: Promise<void> | undefined
    let again = false
    const read = async (): Promise<void> => {
      do {
        again = false
        reloaded(await this.#readAndReload(files))
      } while (again)
      reading = undefined
    }
    const stop = files.onChange(() => {
      if (reading === undefined) reading = read()
      else again = true
    })
    reading = read()
    await reading
    return stop
  }

  async #readAndReload(files: PolicyFiles): Promise<Reload> {
    try {
      return this.reload(await files.read())
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#problems = [{ file: 'policies', line: 1, column: 1, severity: 'error', message }]
      return { served: false, files: 0, problems: this.#problems }
    }
  }
}
