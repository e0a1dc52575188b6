/**
 * Tells when remembered answers go wrong more often than before: answers that have changed, or other traffic. A cumulative
 * sum of log likelihood ratios (Page's test) over all that is judged, misses too: it needs no window, and its state is one
 * number.
 */

/** The rise that is looked for: to twice the usual share of wrong answers, and by this much at least. */
const LEAST_RISE = 0.05
/** Where so many are wrong anyway, a rise tells little. */
const MOST_USUAL = 0.25
/** About one false alarm in tens of thousands of outcomes. */
const LIMIT = 7

/** The sum after one more outcome. @param expected chance that the judge would call it wrong, 0 to 1 */
export function alarmSum(sum: number, expected: number, wrong: boolean): number {
  if (expected > MOST_USUAL) return sum
  const usual = Math.max(0.005, expected)
  const alarming = usual + Math.max(LEAST_RISE, usual)
  const added = wrong ? Math.log(alarming / usual) : Math.log((1 - alarming) / (1 - usual))
  return Math.max(0, sum + added)
}

export function isAlarm(sum: number): boolean {
  return sum > LIMIT
}
