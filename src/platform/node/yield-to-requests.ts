/** Where cores are few, the thread that serves comes before those that work beside it. */
import { constants as access, accessSync, readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * Lowers the calling thread's priority, unless the whole program was started with one as low: to raise one again takes
 * a right that few have. Only Linux gives threads their own; elsewhere this would slow the whole process.
 */
export function yieldToRequests(): void {
  if (process.platform !== 'linux') return
  if (getPriority() < constants.priority.PRIORITY_BELOW_NORMAL) {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  }
}

/** As `yieldToRequests`, for a program beside the one that serves: all its threads, V8's helpers among them. */
export function yieldWithAllThreads(): void {
  for (const thread of threads()) {
    try {
      if (getPriority(thread) < constants.priority.PRIORITY_BELOW_NORMAL) {
        setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL)
      }
    } catch {
      // It ended meanwhile, or the system does not let it: what is asked for is a courtesy.
    }
  }
}

/** What others are started by that are to run only where nobody else would: Linux's idle class. */
export interface IdleStarter {
  program: string
  arguments: readonly string[]
}

/**
 * A low priority alone is not enough: Linux lets what it has begun to run go on for up to a tick, 4 ms, however high the
 * priority of what wakes up meanwhile; only the idle class leaves at once. Node cannot ask for it, `chrt` of util-linux
 * can. @returns undefined where there is none.
 */
export function idleStarter(path = process.env.PATH ?? ''): IdleStarter | undefined {
  if (process.platform !== 'linux') return undefined
  for (const folder of path.split(delimiter)) {
    const program = join(folder, 'chrt')
    if (folder !== '' && isProgram(program)) return { program, arguments: ['-i', '0'] }
  }
  return undefined
}

/** Of this process; 0 is the one that asks. */
function threads(): readonly number[] {
  if (process.platform !== 'linux') return [0]
  try {
    return readdirSync('/proc/self/task').map(Number)
  } catch {
    return [0]
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, access.X_OK)
    return true
  } catch {
    return false
  }
}
