/** How much memory model servers hold, with all processes that they started. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Resident bytes by the id of the session, of those asked for; one is missing where the system has no `/proc`. Pages that
 * processes share count in each.
 */
export function residentBytes(sessions: ReadonlySet<number>): ReadonlyMap<number, number> {
  const sums = new Map<number, number>()
  for (const pid of processIds()) {
    const session = sessionOf(pid)
    if (session === undefined || !sessions.has(session)) continue
    sums.set(session, (sums.get(session) ?? 0) + bytesOf(pid))
  }
  return sums
}

function processIds(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** Undefined where it has ended meanwhile. */
function sessionOf(pid: string): number | undefined {
  const text = read(`/proc/${pid}/stat`)
  // The program's name stands in parentheses and may hold anything, parentheses too.
  const session = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[3])
  return Number.isNaN(session) ? undefined : session
}

function bytesOf(pid: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
