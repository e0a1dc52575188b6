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
/** Made, and neither told yet nor left. */
const made = new Map<number, { report: Report; taken: () => void }>()
let reader: LedgerReader | undefined
/** One after another: all that many ask for at once would lie in memory before the first is told. */
let before = Promise.resolve()

process.on('message', (message: MessageToReports, socket?: Socket) => {
  if (message.kind === 'report') before = before.then(() => make(message.id, message.query))
  else if (message.kind === 'leave') take(message.id)
  else void tell(message.id, socket)
})
say({ kind: 'ready' })

/** Resolves once somebody takes it, or leaves it. */
async function make(id: number, query: ReportQuery): Promise<void> {
  try {
    // Opened by a question, whose answer is then the reason why it cannot be.
    reader ??= sqliteLedgerReader(openForReading(settings.path))
    const report = await reader.report(query)
    const isTaken = new Promise<void>((taken) => made.set(id, { report, taken }))
    say({ kind: 'made', id })
    await isTaken
  } catch (error) {
    say({ kind: 'failure', id, ...failureOf(error) })
  }
}

function take(id: number): Report | undefined {
  const found = made.get(id)
  made.delete(id)
  found?.taken()
  return found?.report
}

/** Without a socket, its other end left on the way. */
async function tell(id: number, socket: Socket | undefined): Promise<void> {
  const report = take(id)
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
