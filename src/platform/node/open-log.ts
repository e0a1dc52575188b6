/** Chooses how an operator is told what happens: sentences on a terminal, JSON lines in a pipe. */
import type { Observer } from '../../gateway/observer.ts'
import { jsonAccessLog, plainAccessLog } from './access-log.ts'
import { type Log, type LogLevel, plainLog } from './log.ts'

export interface LogSettings {
  level: LogLevel
  /** Undefined: lines of requests on a terminal, none in a pipe. */
  access: boolean | undefined
}

export type OpenLog = Log & { observers: readonly Observer[] }

export async function openLog(
  { level, access }: LogSettings,
  stream: { write(text: string): unknown; fd: number; isTTY?: boolean },
): Promise<OpenLog> {
  if (stream.isTTY === true) {
    const line = (text: string): void => void stream.write(`${text}\n`)
    return { ...plainLog(level, line), observers: access === false ? [] : [plainAccessLog(line)] }
  }
  // Pino is loaded where it is used: commands and terminals do without.
  const { jsonLog } = await import('./json-log.ts')
  const log = jsonLog(level, stream.fd)
  return { ...log, observers: access === true ? [jsonAccessLog(log)] : [] }
}
