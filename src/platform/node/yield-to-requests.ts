/** Where cores are few, the thread that serves comes before those that work beside it. */
import { constants, getPriority, setPriority } from 'node:os'

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
