/** Where a command writes: lines for people or programs, and complaints beside them. */
export interface Output {
  /** Writes one line to standard output. */
  out(line: string): void
  /** Writes one line to standard error. */
  error(line: string): void
}
