/** What `doctor` finds of a model server that a trimtab starts, or would start. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { CommandSettings } from '../../providers/settings.ts'
import { survives } from './end-orphans.ts'
import { readRecords } from './launch-records.ts'
import { digestOf } from './model-process.ts'
import { isRunning } from './process-identity.ts'
import { isReady } from './server-readiness.ts'

type Found =
  | { kind: 'runs'; pid: number; port: number; ready: boolean; changed: boolean }
  | { kind: 'orphan'; pid: number }
  | { kind: 'failing'; reason: string }
  | { kind: 'startable' | 'no_program'; program: string }
  | { kind: 'no_folder'; folder: string }

interface Where {
  /** Where records of what runs are kept. */
  folder: string
  /** The variable PATH. */
  path: string
  /** What a trimtab that answers says of its commands. */
  standings: readonly { provider: string; reason?: string }[]
}

export async function commandState(
  provider: string,
  command: CommandSettings,
  { folder, path, standings }: Where,
): Promise<Found> {
  const reason = standings.find((standing) => standing.provider === provider)?.reason
  if (reason !== undefined) return { kind: 'failing', reason }
  const left = readRecords(folder).filter((record) => record.provider === provider && survives(record))
  const mine = left.find(({ owner }) => isRunning(owner)) ?? left[0]
  if (mine === undefined) return startable(command, path)
  const pid = mine.server?.pid ?? mine.watcher.pid
  if (!isRunning(mine.owner)) return { kind: 'orphan', pid }
  const ready = await isReady(`http://127.0.0.1:${mine.port}`, command.readyPath)
  return { kind: 'runs', pid, port: mine.port, ready, changed: mine.digest !== digestOf(command) }
}

function startable({ words, directory }: CommandSettings, path: string): Found {
  const [program = ''] = words
  if (!existsSync(directory)) return { kind: 'no_folder', folder: directory }
  const places = program.includes('/')
    ? [isAbsolute(program) ? program : join(directory, program)]
    : path.split(delimiter).map((folder) => join(folder, program))
  const found = places.find(isProgram)
  return found === undefined ? { kind: 'no_program', program } : { kind: 'startable', program: found }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
