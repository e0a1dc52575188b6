/** Copies a ledger whole into one file while it is served, and puts such a file in a ledger's place. */
import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Failure } from '../errors.ts'
import { schemaVersion } from './migrate.ts'
import { SCHEMA_VERSION } from './schema-version.ts'

/** Whoever has the ledger open may be in the middle of a short transaction. */
const BUSY_MS = 2000
const FIRST_PAGES = 100

/**
 * Writes `target`, which is there whole or not at all.
 * @param source open for reading
 * @throws Failure `invalid_request` where the target is there, Error where it cannot be written or is not sound
 */
export async function backUpLedger(source: Database.Database, target: string): Promise<void> {
  const refusal = new Failure('invalid_request', `${target} is there already: name another file.`)
  if (existsSync(target)) throw refusal
  const aside = `${target}.${process.pid}.tmp`
  try {
    // All that is left in one step: a copy in many would begin anew with every commit of the server.
    await source.backup(aside, { progress: ({ remainingPages }) => Math.max(remainingPages, FIRST_PAGES) })
    makeSingleFile(aside)
    requireSound(aside, aside)
    link(aside, target, refusal)
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(aside + end, { force: true })
  }
}

/**
 * Puts a copy of `file` in the place of the ledger at `path`, and keeps that one beside.
 * @returns the path of the one that was there; undefined where none was
 * @throws Failure `invalid_request` where the file is no ledger that this program can read, or a trimtab uses the place
 */
export function restoreLedger(file: string, path: string, now: number): string | undefined {
  if (!existsSync(file)) throw new Failure('invalid_request', `There is no file ${file}.`)
  const aside = `${path}.${process.pid}.tmp`
  try {
    copyFileSync(file, aside)
    requireSound(aside, file)
    const kept = existsSync(path) ? keepBeside(path, now) : undefined
    renameSync(aside, path)
    return kept
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(aside + end, { force: true })
  }
}

/** A single file, all of it in the main one, until the server that opens it says otherwise. */
function makeSingleFile(path: string): void {
  const copy = new Database(path)
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}

/** `name` is what the operator knows the file as. */
function requireSound(path: string, name: string): void {
  let database: Database.Database | undefined
  let fault: string | undefined
  try {
    database = new Database(path)
    const result = database.pragma('integrity_check', { simple: true })
    const version = schemaVersion(database)
    if (result !== 'ok') fault = `it is damaged (${String(result).split('\n')[0]})`
    else if (version === 0) fault = 'it is no ledger of trimtab'
    else if (version > SCHEMA_VERSION) {
      fault = `it has schema ${version}, written by a newer trimtab, and this one knows schemas up to ${SCHEMA_VERSION}`
    }
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error)
  } finally {
    database?.close()
  }
  if (fault !== undefined) throw new Failure('invalid_request', `${name} cannot be restored from: ${fault}.`)
}

function keepBeside(path: string, now: number): string {
  const kept = `${path}.before-restore-${new Date(now).toISOString().replace(/[:.]/g, '-')}`
  requireUnused(path)
  // What a broken ledger still has in its log stays with it.
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, kept + end)
  return kept
}

/** Leaving WAL needs the file to oneself, so that this fails where any process has it open. */
function requireUnused(path: string): void {
  let database: Database.Database | undefined
  try {
    database = new Database(path, { timeout: BUSY_MS })
    database.pragma('journal_mode = DELETE')
  } catch (error) {
    if (!isBusy(error)) return // no database any more: that is what it is replaced for
    throw new Failure(
      'invalid_request',
      `A trimtab is using ${path}: stop it first, or name another folder with --data.`,
    )
  } finally {
    database?.close()
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}

/** As a move that never replaces. */
function link(from: string, to: string, refusal: Failure): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') throw refusal
    renameSync(from, to) // a file system without links
  }
}
