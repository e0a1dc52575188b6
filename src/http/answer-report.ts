/** How a runtime answers with a report by itself: one of thousands of rows would hold up the requests beside it. */
import type { Context } from 'hono'
import type { ReportQuery } from '../metering/reports.ts'

/**
 * What the handler returns, once the answer is on its way.
 * @returns undefined where this request cannot be answered so
 * @throws Failure as `LedgerReader.report` does
 */
export type AnswerReport = (context: Context, query: ReportQuery) => Promise<Response> | undefined
