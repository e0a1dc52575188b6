/** Evidence in `cache.db`, in memory until it is written: what a crash takes along is a second of counts. */
import type Database from 'better-sqlite3'
import type { Observation } from '../cache/semantic/entry-evidence.ts'
import {
  type EvidenceStore,
  isObservations,
  isWorkflowEvidence,
  type WorkflowEvidence,
} from '../cache/semantic/evidence-store.ts'
import { Lately } from '../cache/semantic/lately.ts'

const WRITE_EVERY_MS = 1000
const MOST_ENTRIES = 24_000
const FORGET_EVERY_MS = 60_000
const FORGOTTEN_AT_ONCE = 500
const ENTRY_KEPT_MS = 90 * 86_400_000

interface Row {
  evidence: string
}

export class SqliteEvidenceStore implements EvidenceStore {
  readonly #database: Database.Database
  readonly #workflow: Database.Statement<[string, string], Row>
  readonly #entry: Database.Statement<[string], Row>
  readonly #entries = new Lately<readonly Observation[]>(MOST_ENTRIES)
  readonly #waiting = new Map<string, () => void>()
  readonly #timer: NodeJS.Timeout
  readonly #saveWorkflow: Database.Statement
  readonly #saveEntry: Database.Statement
  readonly #now: () => number
  readonly #forget: Database.Statement
  #nextForgettingMs = 0

  /** @param database a connection to `cache.db` that may be written now and then @param now Unix milliseconds */
  constructor(database: Database.Database, now: () => number) {
    this.#database = database
    this.#now = now
    this.#workflow = database.prepare(
      'SELECT evidence FROM semantic_evidence WHERE workflow = ? AND embedder = ?',
    )
    this.#entry = database.prepare('SELECT evidence FROM semantic_entry_evidence WHERE id = ?')
    this.#saveWorkflow = database.prepare(`
      INSERT INTO semantic_evidence (workflow, embedder, evidence, updated_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET evidence = excluded.evidence, updated_at = excluded.updated_at`)
    this.#saveEntry = database.prepare(`
      INSERT INTO semantic_entry_evidence (id, evidence, updated_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET evidence = excluded.evidence, updated_at = excluded.updated_at`)
    this.#forget = database.prepare(`
      DELETE FROM semantic_entry_evidence WHERE id IN (
        SELECT id FROM semantic_entry_evidence WHERE updated_at < ? LIMIT ${FORGOTTEN_AT_ONCE})`)
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS)
    this.#timer.unref()
  }

  workflow(workflow: string, embedderId: string): WorkflowEvidence | undefined {
    return read(() => this.#workflow.get(workflow, embedderId), isWorkflowEvidence)
  }

  saveWorkflow(workflow: string, embedderId: string, evidence: () => WorkflowEvidence): void {
    this.#waiting.set(`workflow ${embedderId} ${workflow}`, () =>
      this.#saveWorkflow.run(workflow, embedderId, JSON.stringify(evidence()), this.#now()),
    )
  }

  entry(id: string): readonly Observation[] {
    return this.#entries.get(id, () => read(() => this.#entry.get(id), isObservations) ?? [])
  }

  saveEntry(id: string, observations: readonly Observation[]): void {
    this.#entries.set(id, observations)
    this.#waiting.set(`entry ${id}`, () => this.#saveEntry.run(id, JSON.stringify(observations), this.#now()))
  }

  /** Writes what waits; the connection is its owner's to close. */
  close(): void {
    clearInterval(this.#timer)
    this.#write()
  }

  /** What finds the file locked or broken waits for the next time. */
  #write(): void {
    if (this.#waiting.size === 0) return
    this.#forgetOld()
    const writes = [...this.#waiting]
    try {
      this.#database.transaction(() => {
        for (const [, write] of writes) write()
      })()
      for (const [name, write] of writes) if (this.#waiting.get(name) === write) this.#waiting.delete(name)
    } catch {
      // Counts are kept in memory as long.
    }
  }

  /** Entries come and go; what is known of those that nobody asked for in months is of no use. */
  #forgetOld(): void {
    const nowMs = this.#now()
    if (nowMs < this.#nextForgettingMs) return
    this.#nextForgettingMs = nowMs + FORGET_EVERY_MS
    this.#waiting.set('forget', () => this.#forget.run(nowMs - ENTRY_KEPT_MS))
  }
}

/** What cannot be read was never learned. */
function read<Value>(
  row: () => Row | undefined,
  isSound: (value: unknown) => value is Value,
): Value | undefined {
  try {
    const value: unknown = JSON.parse(row()?.evidence ?? 'null')
    return isSound(value) ? value : undefined
  } catch {
    return undefined
  }
}
