/** `trimtab doctor`: looks at everything an installation stands on, and says of each what to do. */
import type { Output } from './output.ts'
import { printable } from './table.ts'

export interface Finding {
  /** What was looked at: `provider openai`, `disk`, … */
  name: string
  state: 'ok' | 'warn' | 'fail'
  /** What was found and, unless it is fine, what to do. */
  message: string
}

/** Never rejects. */
export type Check = () => Promise<readonly Finding[]> | readonly Finding[]

const MARKS: Record<Finding['state'], string> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }

/** Prints the findings in the order of the checks, each as soon as it is known. Returns the exit code: 1 on a failure. */
export async function doctor(
  { json }: { json?: boolean | undefined },
  checks: readonly Check[],
  output: Output,
): Promise<number> {
  const running = checks.map(async (check) => check())
  const findings: Finding[] = []
  for (const found of running) {
    for (const finding of await found) {
      findings.push(finding)
      if (!json) output.out(`${MARKS[finding.state]}  ${finding.name}: ${printable(finding.message)}`)
    }
  }
  const count = (state: Finding['state']): number =>
    findings.filter((finding) => finding.state === state).length
  const failed = count('fail')
  if (json) output.out(JSON.stringify({ ok: failed === 0, checks: findings }, null, 2))
  else output.out(summary(failed, count('warn')))
  return failed === 0 ? 0 : 1
}

function summary(failed: number, warned: number): string {
  if (failed + warned === 0) return 'Everything is fine.'
  const told = [failed > 0 && `${failed} failed`, warned > 0 && `${warned} to look at`]
  return `${told.filter(Boolean).join(', ')}.`
}
