/** The figures of a run, and how many promises were not kept. */

import { type Lag, lateDuring, readLags, together } from '../support/loop-lag.ts'
import { TIMEOUT_MS } from './installation.ts'
import { checkLedger } from './ledger-check.ts'
import { leftOpen } from './left-open.ts'
import type { Play } from './play.ts'
import type { Slope } from './watch-process.ts'

const PATIENCE_MS = 250
const MOST_MB_A_MINUTE = 1
const SHOWN = 20

interface Run {
  play: Play
  ledgerFile: string
  /** Of trimtab's own loop. */
  lagFile: string
  ownLags: readonly Lag[]
  memory: Slope
  sockets: { before: number; after: number }
  settings: Readonly<Record<string, number>>
}

export function report({ play, ledgerFile, lagFile, ownLags, memory, sockets, settings }: Run) {
  const { told } = play
  const ledger = checkLedger(ledgerFile, told)
  const lags = readLags(lagFile)
  const allLags = together(lags, ownLags)
  const late = play.timed
    .filter(({ ms }) => ms > TIMEOUT_MS + PATIENCE_MS)
    .map((one) => {
      const lagMs = lateDuring(allLags, one)
      return { ...one, lagMs, isExplained: one.ms - lagMs <= TIMEOUT_MS + PATIENCE_MS }
    })
  const unexplained = late.filter(({ isExplained }) => !isExplained)
  const open = leftOpen(told.values(), allLags, Date.now())
  const leaked = Math.max(0, sockets.after - sockets.before)
  const isGrowing = memory.mbPerMinute >= MOST_MB_A_MINUTE
  const notKept =
    play.faults.length +
    ledger.faults.length +
    ledger.unsettled +
    unexplained.length +
    leaked +
    open.length +
    (isGrowing ? 1 : 0)
  const ms = play.timed.map((one) => one.ms).sort((one, other) => one - other)
  return {
    settings,
    notKept,
    asked: play.asked,
    passedOver: play.passedOver,
    endings: tally(play.timed.map(({ ending }) => ending)),
    faultsOfProvider: tally([...told.values()].flatMap(({ seen }) => seen.map(({ fault }) => fault))),
    promises: { notKept: play.faults.length, some: play.faults.slice(0, SHOWN) },
    time: {
      deadlineMs: TIMEOUT_MS,
      p50Ms: at(ms, 0.5),
      p99Ms: at(ms, 0.99),
      mostMs: ms.at(-1) ?? 0,
      beyondDeadlineAnd250Ms: late.length,
      unexplained: unexplained.length,
      some: [...unexplained, ...late].slice(0, SHOWN),
      lagOfTrimtab: lagFigures(lags),
      lagOfCallers: lagFigures(ownLags),
    },
    ledger: { ...ledger, faults: ledger.faults.length, some: ledger.faults.slice(0, SHOWN) },
    sockets: { ...sockets, leftOpenAtProvider: open.length, some: open.slice(0, SHOWN) },
    memory,
  }
}

function lagFigures(lags: readonly Lag[]) {
  const late = lags.map(({ lateMs }) => lateMs)
  return {
    times: late.length,
    totalMs: late.reduce((sum, one) => sum + one, 0),
    mostMs: late.reduce((most, one) => Math.max(most, one), 0),
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
