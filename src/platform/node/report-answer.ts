/** Answers with a report from the process that makes it: the caller's socket goes there, once it is made. */
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { AnswerReport } from '../../http/answer-report.ts'
import type { ReportQuery } from '../../metering/reports.ts'
import type { ReportProcess } from './report-process-client.ts'

/** For contexts that @hono/node-server made. */
export function answerReports(reports: Pick<ReportProcess, 'make'>): AnswerReport {
  return (context, query) => {
    const { incoming, outgoing } = context.env as Partial<HttpBindings>
    // The process answers in chunks; a pipelined answer that awaits its turn has no socket yet.
    const isPlain = context.req.raw.method === 'GET' && incoming?.httpVersion === '1.1'
    if (!isPlain || !outgoing?.socket) return undefined
    return handOver(reports, query, outgoing.socket)
  }
}

async function handOver(
  reports: Pick<ReportProcess, 'make'>,
  query: ReportQuery,
  socket: NonNullable<HttpBindings['outgoing']['socket']>,
): Promise<Response> {
  const made = await reports.make(query)
  if (socket.destroyed) made.leave()
  else made.tell(socket)
  return RESPONSE_ALREADY_SENT
}
