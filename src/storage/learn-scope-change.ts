/** One transaction on what was learned of a scope, statement by statement. */
import type Database from 'better-sqlite3'
import type {
  NewLabel,
  Scope,
  ScopeWriter,
  Standing,
  Version,
  VersionStatus,
} from '../routing/learn/learn-store.ts'

/** Of one scope: the oldest go first, so many together. */
const MOST_LABELS = 4000
const GO_TOGETHER = 100
const MOST_VERSIONS = 10

interface ChangeParts {
  scheme: string
  standing: Standing
  now: () => number
}

export class ScopeChange implements ScopeWriter {
  readonly standing: Standing
  readonly #database: Database.Database
  readonly #scope: Scope
  readonly #parts: ChangeParts
  #looksForOld = false

  constructor(database: Database.Database, scope: Scope, parts: ChangeParts) {
    this.standing = parts.standing
    this.#database = database
    this.#scope = scope
    this.#parts = parts
  }

  addLabel({ at, requestId, begunAt, agrees, features }: NewLabel): number {
    const { workflow, pair } = this.#scope
    const told = agrees === undefined ? null : Number(agrees)
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO learn_labels (workflow, pair, scheme, at, request_id, begun_at, agrees, features)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(workflow, pair, this.#parts.scheme, at, requestId, begunAt, told, features)
    // Counting them takes as long as a few hundred of these.
    if (Number(lastInsertRowid) % GO_TOGETHER === 0) this.#looksForOld = true
    return Number(lastInsertRowid)
  }

  addVersion(version: Omit<Version, 'number'>, weights: Float32Array): number {
    const { workflow, pair } = this.#scope
    const { at, status, statusAt, scheme, cut, calibration, screen, figures } = version
    const number = this.#newestVersion() + 1
    const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)
    this.#database
      .prepare(
        `INSERT INTO learn_versions (workflow, pair, number, at, status, status_at, scheme, cut, told, weights)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        workflow,
        pair,
        number,
        at,
        status,
        statusAt,
        scheme,
        cut,
        JSON.stringify({ calibration, screen, figures }),
        bytes,
      )
    this.#database
      .prepare('DELETE FROM learn_versions WHERE workflow = ? AND pair = ? AND number <= ?')
      .run(workflow, pair, number - MOST_VERSIONS)
    return number
  }

  setStatus(version: number, status: VersionStatus, at: number): void {
    const { workflow, pair } = this.#scope
    this.#database
      .prepare(
        `UPDATE learn_versions SET status = ?, status_at = ? WHERE workflow = ? AND pair = ? AND number = ?`,
      )
      .run(status, at, workflow, pair, version)
  }

  save(standing: Standing): void {
    const { workflow, pair } = this.#scope
    this.#database
      .prepare(
        `INSERT INTO learn_standings (workflow, pair, standing, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET standing = excluded.standing, updated_at = excluded.updated_at`,
      )
      .run(workflow, pair, JSON.stringify(standing), this.#parts.now())
  }

  finish(): void {
    if (!this.#looksForOld) return
    const { workflow, pair } = this.#scope
    this.#database
      .prepare(
        `DELETE FROM learn_labels WHERE workflow = ? AND pair = ? AND id <= (
           SELECT id FROM learn_labels WHERE workflow = ? AND pair = ? ORDER BY id DESC LIMIT 1 OFFSET ${MOST_LABELS})`,
      )
      .run(workflow, pair, workflow, pair)
  }

  #newestVersion(): number {
    const { workflow, pair } = this.#scope
    return Number(
      this.#database
        .prepare('SELECT coalesce(max(number), 0) FROM learn_versions WHERE workflow = ? AND pair = ?')
        .pluck()
        .get(workflow, pair),
    )
  }
}
