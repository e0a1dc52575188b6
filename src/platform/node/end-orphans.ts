/**
 * Ends model servers that outlived their trimtab, which takes that their watcher was killed with it. They are not
 * adopted: nobody reads what they print any more, nobody would end them next time, and what they still work on is for
 * callers that are gone. Loading the model again is the price.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type LaunchRecord, readRecords, removeRecord } from './launch-records.ts'
import { isRunning } from './process-identity.ts'

const GRACE_MS = 3_000
const POLL_MS = 20

/** Resolves once they are gone, telling `ended` of each. Those of a trimtab that runs are its own. */
export async function endOrphans(folder: string, ended: (record: LaunchRecord) => void): Promise<void> {
  const left = readRecords(folder).filter(({ owner }) => !isRunning(owner))
  await Promise.all(
    left.map(async (record) => {
      if (survives(record)) {
        await end(record)
        ended(record)
      }
      removeRecord(folder, record)
    }),
  )
}

/** Whether something of it runs on, though its trimtab is gone. */
export function survives({ watcher, server }: LaunchRecord): boolean {
  return isRunning(watcher) || (server !== undefined && isRunning(server))
}

async function end(record: LaunchRecord): Promise<void> {
  signal(record, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < GRACE_MS && survives(record); waitedMs += POLL_MS) await pause(POLL_MS)
  signal(record, 'SIGKILL')
}

/** As long as one of them runs, the group's id cannot have been given to anybody else. */
function signal(record: LaunchRecord, name: NodeJS.Signals): void {
  const { watcher, server } = record
  if (!survives(record)) return
  send(-watcher.pid, name)
  // It may have left its group.
  if (server !== undefined && isRunning(server)) send(server.pid, name)
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone between the look and the signal.
  }
}
