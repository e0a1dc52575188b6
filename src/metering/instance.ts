/** Which processes that wrote to the ledger are still alive; the rows of the others are settled for them. */

export interface Instance {
  id: number
  /** Machine and process namespace: process ids mean something only within it. */
  host: string
  pid: number
  /** Unix milliseconds of the last heartbeat. */
  seenAt: number
}

export interface Observer {
  id: number
  host: string
  pid: number
  /** Unix milliseconds. */
  now: number
  pidRuns(pid: number): boolean
}

export const HEARTBEAT_MS = 1000

/** Five heartbeats missed. */
const DEAD_AFTER_MS = 5000

/** True where nobody will settle the instance's rows any more. */
export function isDead(instance: Instance, observer: Observer): boolean {
  if (instance.id === observer.id) return false
  if (observer.now - instance.seenAt > DEAD_AFTER_MS) return true
  if (instance.host !== observer.host) return false
  // A restarted container often gets the pid of the process before it: that one is gone.
  return instance.pid === observer.pid || !observer.pidRuns(instance.pid)
}
