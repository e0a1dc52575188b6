/**
 * The process that makes reports, and tells them on the socket of whoever asked. A thread would share V8's helpers with
 * the one that serves: what they collect and compile for a long report, requests wait for. It ends when its channel
 * closes, however trimtab ended.
 */
import type { Socket } from 'node:net'
import { Failure } from '../../errors.ts'
import type { LedgerReader, Report, ReportQuery } from '../../metering/reports.ts'
import { sqliteLedgerReader } from '../../storage/ledger-reader.ts'
import type { MessageFromReports, MessageToReports, ReportProcessSettings } from './report-messages.ts'
import { openForReading } from './sqlite.ts'
import { tellReport } from './tell-report.ts'
import { yieldWithAllThreads } from './yield-to-requests.ts'

// A Ctrl-C on the terminal reaches it too, and answers under way may end first.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))
yieldWithAllThreads()

const settings = JSON.parse(process.argv[2] ?? '{}') as ReportProcessSettings
const made = new Map<number, Report>()
let reader: LedgerReader | undefined

process.on('message', (message: MessageToReports, socket?: Socket) => {
  if (message.kind === 'report') void make(message.id, message.query)
  else if (message.kind === 'leave') made.delete(message.id)
  else void tell(message.id, socket)
})
say({ kind: 'ready' })

async function make(id: number, query: ReportQuery): Promise<void> {
  try {
    // Opened by a question, whose answer is then the reason why it cannot be.
    reader ??= sqliteLedgerReader(openForReading(settings.path))
    made.set(id, await reader.report(query))
    say({ kind: 'made', id })
  } catch (error) {
    say({ kind: 'failure', id, ...failureOf(error) })
  }
}

/** Without a socket, its other end left on the way. */
async function tell(id: number, socket: Socket | undefined): Promise<void> {
  const report = made.get(id)
  made.delete(id)
  if (socket !== undefined && report !== undefined) await tellReport(report, socket)
  say({ kind: 'told', id })
}

function failureOf(error: unknown): Pick<Failure, 'code' | 'message'> {
  if (error instanceof Failure) return { code: error.code, message: error.message }
  const reason = error instanceof Error ? error.message : String(error)
  return { code: 'ledger_unavailable', message: `The ledger cannot be read (${reason}).` }
}

function say(message: MessageFromReports): void {
  if (process.connected) process.send?.(message)
}
