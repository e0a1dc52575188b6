/** The thread beside the one that serves: heartbeat, checkpoints, sums by hour, deletion and every long read. */
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Failure } from '../../errors.ts'
import { FaultLog } from '../../fault-log.ts'
import { HEARTBEAT_MS } from '../../metering/instance.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import { checkpoint } from '../../storage/checkpoint.ts'
import { countPasts, countPending, othersCommit, releaseBudgets } from '../../storage/count-past.ts'
import { heartbeat } from '../../storage/instances.ts'
import { learnedRatios } from '../../storage/learned-ratios.ts'
import { sqliteLedgerReader } from '../../storage/ledger-reader.ts'
import { LedgerUpkeep } from '../../storage/ledger-upkeep.ts'
import { StandingSpans } from '../../storage/standing-spans.ts'
import type {
  LedgerThreadSettings,
  MessageFromThread,
  MessageToThread,
  PastQuery,
  Question,
} from './ledger-thread-messages.ts'
import { openForReading, openForWriting, waitPatiently } from './sqlite.ts'
import { ThreadPrompts } from './thread-prompts.ts'
import { countTokens } from './tokenizer.ts'
import { yieldToRequests } from './yield-to-requests.ts'

const CHECKPOINT_MS = 1000
const UPKEEP_MS = 60_000
/** What was under way when a budget began is counted so soon after its end. */
const PENDING_MS = 1000
/** A commit that has waited longer for its lock was given up. */
const OTHERS_COMMIT_MS = 2100
/** What a `kill -9` loses of hourly costs. */
const STANDING_MS = 5000
/** What a `kill -9` loses of what prompts were compared to. */
const PREFIXES_MS = 1000
const port = parentPort
if (port === null) throw new Error('ledger-thread runs only as a worker thread.')

/** By what fails. */
const faults = new Map<string, FaultLog>()
const say = (message: MessageFromThread): void => port.postMessage(message)
const settings = workerData as LedgerThreadSettings
const { writing, reading, reader, upkeep, beat } = start()
const standing = new StandingSpans(writing)
const prompts = new ThreadPrompts()
attempt('lower priority', yieldToRequests)
const timers = [
  setInterval(() => attempt('heartbeat', () => beat(Date.now())), HEARTBEAT_MS),
  setInterval(() => attempt('checkpoint', () => checkpoint(writing)), CHECKPOINT_MS),
  setInterval(() => attempt('count of budgets', () => countPending({ reading, writing })), PENDING_MS),
  setInterval(keepStanding, STANDING_MS),
  setInterval(() => attempt('sums of prefixes', writePrefixes), PREFIXES_MS),
  setInterval(keepUp, UPKEEP_MS),
]

port.on('message', (message: MessageToThread) => {
  if (message.kind === 'stop') void stop()
  else if (message.kind === 'standing')
    attempt('hourly costs', () => standing.begin(message.costs, Date.now()))
  else if (message.kind === 'prompts') attempt('comparison of prompts', () => prompts.take(message.handed))
  else void answerTo(message)
})
say({ kind: 'ready' })
attempt('sums of prefixes', () => say({ kind: 'reuse', reuse: prompts.reuse(reading, Date.now()) }))
keepUp()

/** An error of SQLite loses its message on the way to another thread, so what failed is said before it is thrown. */
function start() {
  try {
    const writing = openForWriting(settings.path)
    waitPatiently(writing)
    // A read may last for seconds and lets other work in between; the heartbeat needs a connection that is free.
    const reading = openForReading(settings.path)
    const beat = heartbeat(writing, settings.instance)
    const upkeep = new LedgerUpkeep({
      reading,
      writing,
      retention: settings.retention,
      now: Date.now,
      pause: (milliseconds) => pause(milliseconds),
    })
    return { writing, reading, reader: sqliteLedgerReader(reading), upkeep, beat }
  } catch (error) {
    tell(`The ledger's thread cannot start (${reasonOf(error)}).`)
    throw error
  }
}

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
      keepStanding()
      return from.report(question.query)
    case 'keep_standing':
      keepStanding()
      return null
    case 'requests':
      return from.requests(question.query)
    case 'request':
      return from.request(question.query)
    case 'learned_ratios':
      return learnedRatios(reading)
    case 'count_tokens':
      return countTokens(question.query)
    case 'count_past':
      return countBudgets(question.query)
    default:
      return question satisfies never
  }
}

async function countBudgets({ budgets, released, at }: PastQuery): Promise<null> {
  const counter = { instance: settings.instance.id, at }
  releaseBudgets(writing, released, counter)
  if (othersCommit(reading, budgets, counter)) await pause(OTHERS_COMMIT_MS)
  await countPasts({ reading, writing }, budgets, counter, () => pause(0))
  return null
}

/** Missing one is no harm: the next comes within a second. A disk that is full stays so for longer, and is told seldom. */
function attempt(what: string, work: () => void): void {
  try {
    work()
    faults.get(what)?.worked(`The ledger's ${what} works again.`)
  } catch (error) {
    failed(what, error)
  }
}

function keepStanding(): void {
  attempt('hourly costs', () => standing.keep(Date.now()))
}

function writePrefixes(): void {
  const reuse = prompts.write(writing, Date.now())
  if (reuse !== undefined) say({ kind: 'reuse', reuse })
}

function keepUp(): void {
  upkeep.run().then(
    () => faults.get('upkeep')?.worked("The ledger's upkeep works again."),
    (error: unknown) => failed('upkeep', error),
  )
}

function failed(what: string, error: unknown): void {
  const log = faults.get(what) ?? new FaultLog({ now: Date.now, say: tell })
  faults.set(what, log)
  log.failed(`The ledger's ${what} failed (${reasonOf(error)}).`)
}

function tell(message: string): void {
  say({ kind: 'warning', message })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function stop(): Promise<void> {
  for (const timer of timers) clearInterval(timer)
  await upkeep.stop()
  keepStanding()
  attempt('sums of prefixes', writePrefixes)
  attempt('last checkpoint', () => checkpoint(writing))
  reading.close()
  writing.close()
  port?.close()
}
