/** One file for each model server that runs, so that the next trimtab finds what this one could not end. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from './process-identity.ts'

export interface LaunchRecord {
  provider: string
  /** Of what was started: words, environment and folder. */
  digest: string
  port: number
  /** The trimtab that started it. */
  owner: ProcessIdentity
  /** Leads the process group. */
  watcher: ProcessIdentity
  /** Undefined until the watcher told of it. */
  server?: ProcessIdentity | undefined
}

/** Below the data folder. */
export function launchFolder(data: string): string {
  return join(data, 'commands')
}

/** Whole or not at all, however the writer ends. @throws where the folder cannot be written */
export function writeRecord(folder: string, record: LaunchRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = recordPath(folder, record)
  writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Never throws: one that stays names processes that are gone, and harms nobody. */
export function removeRecord(folder: string, record: LaunchRecord): void {
  try {
    rmSync(recordPath(folder, record), { force: true })
  } catch {
    // The folder is none, or not ours.
  }
}

/** Those of all trimtabs on this data folder. What is no record is passed over. */
export function readRecords(folder: string): readonly LaunchRecord[] {
  return fileNames(folder).flatMap((name) => {
    if (!name.endsWith('.json')) return []
    try {
      const record: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      return isRecord(record) ? [record] : []
    } catch {
      return []
    }
  })
}

/** Several trimtabs may share a data folder. */
function recordPath(folder: string, { provider, owner }: LaunchRecord): string {
  return join(folder, `${provider}-${owner.pid}.json`)
}

function fileNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isRecord(value: unknown): value is LaunchRecord {
  if (typeof value !== 'object' || value === null) return false
  const { provider, port, owner, watcher, server } = value as Partial<Record<keyof LaunchRecord, unknown>>
  return (
    typeof provider === 'string' &&
    typeof port === 'number' &&
    isIdentity(owner) &&
    isIdentity(watcher) &&
    (server === undefined || isIdentity(server))
  )
}

/** A process id of 0 or 1 would mean everything, in a signal to a group. */
function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  const { pid, started } = value as Partial<Record<keyof ProcessIdentity, unknown>>
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof started === 'string'
}
