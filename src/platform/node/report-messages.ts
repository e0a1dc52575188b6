/** What trimtab and the process that makes reports say to each other. */
import type { FailureCode } from '../../errors.ts'
import type { ReportQuery } from '../../metering/reports.ts'

/** The process's only argument, as JSON. */
export interface ReportProcessSettings {
  /** Path of `ledger.db`. */
  path: string
}

export type MessageToReports =
  | { kind: 'report'; id: number; query: ReportQuery }
  /** Comes with the socket of whoever asked for it, on which nothing has been answered yet. */
  | { kind: 'tell'; id: number }
  /** Nobody waits for it any more. */
  | { kind: 'leave'; id: number }

export type MessageFromReports =
  | { kind: 'ready' }
  | { kind: 'made'; id: number }
  | { kind: 'failure'; id: number; code: FailureCode; message: string }
  /** Whole, or as far as its reader listened. */
  | { kind: 'told'; id: number }
