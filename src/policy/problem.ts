/** One thing wrong with a file that the operator wrote, at its place. */

export interface Problem {
  /** Path as it was given. */
  file: string
  /** Both count from 1. */
  line: number
  column: number
  severity: 'error' | 'warning'
  /** One sentence that holds the value and, where one is near, what may have been meant. */
  message: string
  /** What the file says there, in JSON; undefined where something is missing. */
  value?: string | undefined
}

/** `file:line:column  message`. */
export function problemLine(problem: Problem): string {
  const kind = problem.severity === 'warning' ? 'warning: ' : ''
  return `${problem.file}:${problem.line}:${problem.column}  ${kind}${problem.message}`
}
