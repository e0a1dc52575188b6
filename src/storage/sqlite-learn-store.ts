/** What routing learns, in `routing.db`: each change is one transaction, so that processes and commands may share it. */
import type Database from 'better-sqlite3'
import {
  freshStanding,
  type LearnStore,
  type Scope,
  type ScopeWriter,
  type Standing,
  type StoredLabel,
  type Version,
  type VersionStatus,
} from '../routing/learn/learn-store.ts'
import { ScopeChange } from './learn-scope-change.ts'

/** The newest migration in `migrations/routing`. */
export const ROUTING_SCHEMA_VERSION = 1

interface VersionRow {
  number: number
  at: number
  status: VersionStatus
  statusAt: number
  scheme: string
  cut: number
  told: string
}

interface LabelRow {
  id: number
  features: Uint8Array
  agrees: number | null
}

export class SqliteLearnStore implements LearnStore {
  readonly #database: Database.Database
  readonly #now: () => number
  readonly #standing: Database.Statement<[string, string], { standing: string }>
  readonly #labels: Database.Statement<[string, string, string, number, number], LabelRow>
  #seen: number

  /** @param database a connection to `routing.db` @param now Unix milliseconds */
  constructor(database: Database.Database, now: () => number) {
    this.#database = database
    this.#now = now
    this.#standing = database.prepare('SELECT standing FROM learn_standings WHERE workflow = ? AND pair = ?')
    this.#labels = database.prepare(`
      SELECT id, features, agrees FROM learn_labels
      WHERE workflow = ? AND pair = ? AND scheme = ? AND id > ? ORDER BY id LIMIT ?`)
    this.#seen = this.#dataVersion()
  }

  scopes(): readonly Scope[] {
    return this.#database
      .prepare<[], Scope>('SELECT workflow, pair FROM learn_standings ORDER BY workflow, updated_at, pair')
      .all()
  }

  standing({ workflow, pair }: Scope): Standing | undefined {
    const row = this.#standing.get(workflow, pair)
    return row === undefined ? undefined : readStanding(row.standing)
  }

  versions({ workflow, pair }: Scope): readonly Version[] {
    return this.#database
      .prepare<[string, string], VersionRow>(
        `SELECT number, at, status, status_at AS statusAt, scheme, cut, told FROM learn_versions
         WHERE workflow = ? AND pair = ? ORDER BY number`,
      )
      .all(workflow, pair)
      .map(({ told, ...row }) => ({ ...row, ...readTold(told) }))
  }

  weights({ workflow, pair }: Scope, version: number): Float32Array | undefined {
    const blob = this.#database
      .prepare<[string, string, number], Uint8Array>(
        'SELECT weights FROM learn_versions WHERE workflow = ? AND pair = ? AND number = ?',
      )
      .pluck()
      .get(workflow, pair, version) as Uint8Array | undefined
    // Copied: the blob is a window on a larger buffer, and may begin at any byte of it.
    return blob && new Float32Array(Uint8Array.from(blob).buffer)
  }

  labels({ workflow, pair }: Scope, scheme: string, after: number, most: number): readonly StoredLabel[] {
    return this.#labels.all(workflow, pair, scheme, after, most).map(({ id, features, agrees }) => ({
      id,
      features,
      agrees: agrees === null ? undefined : agrees === 1,
    }))
  }

  count({ workflow, pair }: Scope, scheme: string, after: number): number {
    return Number(
      this.#database
        .prepare(
          'SELECT count(*) FROM learn_labels WHERE workflow = ? AND pair = ? AND scheme = ? AND id > ?',
        )
        .pluck()
        .get(workflow, pair, scheme, after),
    )
  }

  newestLabel(): number {
    return Number(this.#database.prepare('SELECT coalesce(max(id), 0) FROM learn_labels').pluck().get())
  }

  change<Result>(scope: Scope, scheme: string, work: (writer: ScopeWriter) => Result): Result {
    return this.#database
      .transaction(() => {
        const standing = this.standing(scope) ?? freshStanding()
        const writer = new ScopeChange(this.#database, scope, { scheme, standing, now: this.#now })
        const result = work(writer)
        writer.finish()
        return result
      })
      .immediate()
  }

  changedElsewhere(): boolean {
    const version = this.#dataVersion()
    if (version === this.#seen) return false
    this.#seen = version
    return true
  }

  /** Forgets a workflow, all of it. Returns how many labels and versions went. */
  forget(workflow: string): { labels: number; versions: number } {
    const remove = (table: string): number =>
      this.#database.prepare(`DELETE FROM ${table} WHERE workflow = ?`).run(workflow).changes
    return this.#database
      .transaction(() => {
        remove('learn_standings')
        return { labels: remove('learn_labels'), versions: remove('learn_versions') }
      })
      .immediate()
  }

  /** Changes where another connection commits, and only then. */
  #dataVersion(): number {
    return Number(this.#database.pragma('data_version', { simple: true }))
  }
}

/** What cannot be read was never learned. */
function readStanding(text: string): Standing | undefined {
  try {
    return { ...freshStanding(), ...(JSON.parse(text) as Partial<Standing>) }
  } catch {
    return undefined
  }
}

type Told = Pick<Version, 'calibration' | 'screen' | 'figures'>

function readTold(text: string): Told {
  return JSON.parse(text) as Told
}
