/** How much of the processor another process has had. */
import { readFileSync } from 'node:fs'

/** proc(5): its times are in hundredths of a second, whatever the kernel's own clock is. */
const TICK_MS = 10

/** User and system time of all its threads, in milliseconds; undefined where the system does not tell. */
export function processorMs(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name stands in parentheses and may hold anything, parentheses too.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return undefined
  }
}
