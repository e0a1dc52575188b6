/**
 * Tells whether a version in force loses more than it may. Every label says whether the version would have lost there; the
 * evidence that the share is above the bound is multiplied up from each possible beginning of a change (the Shiryaev-Roberts
 * e-detector of Shin, Ramdas and Rinaldo 2023), for three sizes of change at once. While the share is at the bound, a
 * false alarm comes once in `LABELS_BETWEEN_FALSE_ALARMS` labels at most, on average; below it far more seldom. It needs
 * no window, and its state is a few numbers.
 */

/** Labels of 5 % of the requests: 400,000 requests. */
export const LABELS_BETWEEN_FALSE_ALARMS = 20_000
/**
 * Likelihood ratio of the likeliest change at which labels are taken more often, to be sure sooner. The evidence would not do:
 * it rests at half of one over the bound where nothing is lost at all, 25 at a bound of 2 %.
 */
const SUSPICIOUS = 3
/** How many times the bound the share may have become. */
const CHANGES = [2, 4, 8] as const
const MOST_SHARE = 0.9

/** Plain data, to be stored. */
export interface Watch {
  /** The bound that it watches. */
  most: number
  /** Labels seen, those at which the version begins at the small tier, and those of them that it would lose. */
  labels: number
  begun: number
  lost: number
  /** Evidence by size of change. */
  evidence: readonly number[]
  /** By size of change: the largest sum of log likelihood ratios so far, and the label with which it began. */
  sums: readonly number[]
  began: readonly number[]
}

export function freshWatch(most: number): Watch {
  const none = CHANGES.map(() => 0)
  return { most, labels: 0, begun: 0, lost: 0, evidence: none, sums: none, began: none }
}

/** @param label its number @param begins the version begins at the small tier there @param lost and the answer is another */
export function watched(watch: Watch, label: number, begins: boolean, lost: boolean): Watch {
  const evidence: number[] = []
  const sums: number[] = []
  const began: number[] = []
  for (const [index, times] of CHANGES.entries()) {
    const { most } = watch
    // A bound of nothing is broken by the first loss, a large one by what is near to all.
    const usual = Math.max(1e-6, Math.min(most, MOST_SHARE / 2))
    const changed = Math.min(MOST_SHARE, times * usual)
    const logRatio = begins && lost ? Math.log(changed / usual) : Math.log((1 - changed) / (1 - usual))
    evidence.push((1 + (watch.evidence[index] as number)) * Math.exp(logRatio))
    const before = watch.sums[index] as number
    sums.push(Math.max(0, before + logRatio))
    began.push(before === 0 ? label : (watch.began[index] as number))
  }
  return {
    most: watch.most,
    labels: watch.labels + 1,
    begun: watch.begun + (begins ? 1 : 0),
    lost: watch.lost + (begins && lost ? 1 : 0),
    evidence,
    sums,
    began,
  }
}

export function isAlarm({ evidence }: Watch): boolean {
  return mean(evidence) >= LABELS_BETWEEN_FALSE_ALARMS
}

export function isSuspicious({ sums }: Watch): boolean {
  return Math.max(...sums) >= Math.log(SUSPICIOUS)
}

/** The label with which the change most likely began. */
export function changeBegan({ sums, began }: Watch): number {
  let likeliest = 0
  for (let index = 1; index < sums.length; index++)
    if ((sums[index] as number) > (sums[likeliest] as number)) likeliest = index
  return began[likeliest] as number
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}
