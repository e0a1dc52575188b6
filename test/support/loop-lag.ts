/** When event loops came late, and how much of an answer's time that explains. */
import { existsSync, readFileSync } from 'node:fs'

export interface Lag {
  /** When it was due, in Unix milliseconds. */
  atMs: number
  lateMs: number
}

export interface WatchedLoop {
  /** Oldest first. */
  readonly lags: readonly Lag[]
  stop(): void
}

const EVERY_MS = 10
/** What comes less late is a timer's usual way. */
const LEAST_MS = 2

/** Notes from now on when this process's loop came late. */
export function watchLoop(): WatchedLoop {
  const lags: Lag[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    const lateMs = performance.now() - last - EVERY_MS
    if (lateMs >= LEAST_MS) lags.push({ atMs: performance.timeOrigin + last + EVERY_MS, lateMs })
    last = performance.now()
  }, EVERY_MS)
  return { lags, stop: () => clearInterval(timer) }
}

/** What `bench/loop-lag.mjs` wrote in another process. */
export function readLags(file: string): Lag[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
  return lines.map((line) => {
    const [atMs = 0, lateMs = 0] = line.split(' ').map(Number)
    return { atMs, lateMs }
  })
}

/** Those of several loops as if they were one: when one came late, the others may have been on time. */
export function together(...loops: readonly (readonly Lag[])[]): Lag[] {
  const all = loops.flat().sort((one, other) => one.atMs - other.atMs)
  const joined: Lag[] = []
  for (const { atMs, lateMs } of all) {
    const last = joined.at(-1)
    if (last === undefined || last.atMs + last.lateMs <= atMs) joined.push({ atMs, lateMs })
    else last.lateMs = Math.max(last.lateMs, atMs + lateMs - last.atMs)
  }
  return joined
}

/** How long a loop came late altogether while something was asked. */
export function lateDuring(lags: readonly Lag[], { fromMs, ms }: { fromMs: number; ms: number }): number {
  const toMs = fromMs + ms
  let sum = 0
  for (const { atMs, lateMs } of lags) {
    if (atMs > toMs) break
    sum += Math.max(0, Math.min(toMs, atMs + lateMs) - Math.max(fromMs, atMs))
  }
  return sum
}
