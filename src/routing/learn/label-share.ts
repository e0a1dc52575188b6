/**
 * Which share of requests is labelled: most of them at first, when nothing begins at the small tier and a label costs one of its
 * cheap answers, and soon little, when labels are there to see that things stay as they are.
 */
import { isSuspicious, type Watch } from './watch.ts'

/** Up to so many labels the share is this many times the policy's; then it falls with the square of their number. */
const FIRST_LABELS = 500
const FIRST_TIMES = 20
/** While a version is under suspicion. */
const SUSPECT_TIMES = 4
const MOST_SUSPECT_SHARE = 0.2
/** Of one workflow: a small tier that serves callers must not drown in what is asked behind their backs. */
const MOST_UNDER_WAY = 8

/** Requests that were asked for a label. */
export interface Asked {
  underWay: number
  /** In a row, since one gave a label: a tier may be down for long. */
  failed: number
}

/** @param share of the policy, 0 to 1 @param taught labels since things last changed @param watch of the version in force */
export function labelShare(
  share: number,
  taught: number,
  watch: Watch | undefined,
  { underWay, failed }: Asked,
): number {
  if (underWay >= MOST_UNDER_WAY) return 0
  const labels = Math.max(taught + underWay, failed)
  const first = FIRST_TIMES * share * Math.min(1, (FIRST_LABELS / Math.max(1, labels)) ** 2)
  const isSuspect = watch !== undefined && isSuspicious(watch)
  const suspect = isSuspect ? Math.min(MOST_SUSPECT_SHARE, SUSPECT_TIMES * share) : 0
  return Math.max(share, Math.min(1, first), suspect)
}

const NONE: Asked = { underWay: 0, failed: 0 }

/** By workflow, in this process. */
export class Labelled {
  readonly #byWorkflow = new Map<string, Asked>()

  of(workflow: string): Asked {
    return this.#byWorkflow.get(workflow) ?? NONE
  }

  /** Returns what is to be called once it is over. */
  asks(workflow: string): (hasLabel: boolean) => void {
    const asked = this.#byWorkflow.get(workflow) ?? { underWay: 0, failed: 0 }
    this.#byWorkflow.set(workflow, asked)
    asked.underWay++
    return (hasLabel) => {
      asked.underWay--
      asked.failed = hasLabel ? 0 : asked.failed + 1
    }
  }
}
