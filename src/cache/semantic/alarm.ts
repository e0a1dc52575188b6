/**
 * Tells when audited hits go wrong much more often than before: answers that have changed, or other traffic. A cumulative
 * sum of log likelihood ratios (Page's test): it needs no window, and its state is one number.
 */

/** How many times the expected share of wrong answers is worth an alarm, and the least share that is. */
const TIMES = 4
const LEAST = 0.05
/** About one false alarm in e^4.5 times the audits that a true one takes. */
const LIMIT = 4.5

/** The sum after one more audit. @param expected chance of a wrong answer before, 0 to 1 */
export function alarmSum(sum: number, expected: number, wrong: boolean): number {
  const usual = Math.min(0.5, Math.max(0.002, expected))
  const alarming = Math.min(0.9, Math.max(LEAST, usual * TIMES))
  const added = wrong ? Math.log(alarming / usual) : Math.log((1 - alarming) / (1 - usual))
  return Math.max(0, sum + added)
}

export function isAlarm(sum: number): boolean {
  return sum > LIMIT
}
