/** The thread beside the one that serves: heartbeat, checkpoints and every long read of the ledger. */
import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { Failure } from '../../errors.ts'
import { HEARTBEAT_MS } from '../../metering/instance.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import { heartbeat } from '../../storage/instances.ts'
import { sqliteLedgerReader } from '../../storage/ledger-reader.ts'
import type {
  LedgerThreadSettings,
  MessageFromThread,
  MessageToThread,
  Question,
} from './ledger-thread-messages.ts'
import { openForReading, openForWriting, waitPatiently } from './sqlite.ts'

const CHECKPOINT_MS = 1000
/** 64 MiB of 4 KiB pages: beyond it writers are stopped for a moment, so that the log starts over. */
const TRUNCATE_PAGES = 16_384

const port = parentPort
if (port === null) throw new Error('ledger-thread runs only as a worker thread.')

const say = (message: MessageFromThread): void => port.postMessage(message)
const settings = workerData as LedgerThreadSettings
const writing = openForWriting(settings.path)
waitPatiently(writing)
// A read may last for seconds and lets other work in between; the heartbeat needs a connection that is free.
const reading = openForReading(settings.path)
const reader = sqliteLedgerReader(reading)
const beat = heartbeat(writing, settings.instance)
const timers = [
  setInterval(() => attempt('heartbeat', () => beat(Date.now())), HEARTBEAT_MS),
  setInterval(() => attempt('checkpoint', () => checkpoint(writing)), CHECKPOINT_MS),
]

port.on('message', (message: MessageToThread) => {
  if (message.kind === 'stop') stop()
  else void answerTo(message)
})
say({ kind: 'ready' })

async function answerTo(question: Question): Promise<void> {
  try {
    say({ kind: 'answer', id: question.id, answer: await ask(reader, question) })
  } catch (error) {
    const code = error instanceof Failure ? error.code : 'ledger_unavailable'
    const reason = error instanceof Error ? error.message : String(error)
    const message = error instanceof Failure ? reason : `The ledger cannot be read (${reason}).`
    say({ kind: 'failure', id: question.id, code, message })
  }
}

function ask(from: LedgerReader, question: Question) {
  switch (question.kind) {
    case 'report':
      return from.report(question.query)
    case 'requests':
      return from.requests(question.query)
    case 'request':
      return from.request(question.query)
    default:
      return question satisfies never
  }
}

/** Missing one is no harm: the next comes within a second. */
function attempt(what: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    say({ kind: 'warning', message: `The ledger's ${what} failed (${reason}).` })
  }
}

/** Copies what it can without stopping anyone, and syncs it; almost nothing is left where writers must wait. */
function checkpoint(database: Database.Database): void {
  const [state] = database.pragma('wal_checkpoint(PASSIVE)') as { log: number }[]
  if (state !== undefined && state.log > TRUNCATE_PAGES) database.pragma('wal_checkpoint(TRUNCATE)')
}

function stop(): void {
  for (const timer of timers) clearInterval(timer)
  attempt('last checkpoint', () => checkpoint(writing))
  reading.close()
  writing.close()
  port?.close()
}
