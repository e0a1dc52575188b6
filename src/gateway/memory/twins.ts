/** Requests under way that an identical one may join. Nobody else in the field does: peers document that they don't. */
import type { RequestBody } from '../../openai/model-request.ts'
import type { RequestError } from '../observer.ts'
import { SharedAnswer } from './shared-answer.ts'

/** What the answer cost its leader, for the followers' savings. */
export interface Conclusion {
  status: number
  error: RequestError | undefined
  costNanoUsd: number | undefined
}

export class Twin {
  readonly answer = new SharedAnswer()
  /** Resolves once the leader's journey is over. */
  readonly concluded: Promise<Conclusion>
  readonly conclude: (conclusion: Conclusion | Promise<Conclusion>) => void

  constructor() {
    let resolve: Twin['conclude'] = () => {}
    this.concluded = new Promise((settle) => {
      resolve = settle
    })
    this.conclude = resolve
  }
}

export class Twins {
  readonly #underWay = new Map<string, Twin>()

  find(name: string): Twin | undefined {
    return this.#underWay.get(name)
  }

  /** The newest of a name is the one to join: an older one may have grown too large for it. */
  open(name: string): Twin {
    const twin = new Twin()
    this.#underWay.set(name, twin)
    return twin
  }

  close(name: string, twin: Twin): void {
    if (this.#underWay.get(name) === twin) this.#underWay.delete(name)
  }
}

/** Two requests share bytes only where both want a stream, or neither, and the same of its usage. */
export function twinName(key: string, { stream, wantsUsage }: RequestBody): string {
  return `${key} ${stream} ${wantsUsage}`
}
