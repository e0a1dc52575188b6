/**
 * The identities of the ledger on 10,000 random requests: real sockets, real SQLite, a process that is killed, and a
 * mock provider that knows what it counted. A failure names its seed: TRIMTAB_BILL_SEED=N asks the same again.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { remoteReader } from '../../src/commands/remote-reader.ts'
import type { ReportDimension } from '../../src/metering/reports.ts'
import { HOUR_MS } from '../../src/storage/rollups.ts'
import { answerChat } from '../support/mock-provider/chat-answer.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'
import {
  checkParts,
  checkSavings,
  checkTotals,
  type Figures,
  nano,
  OF_ATTEMPTS,
  OF_REQUESTS,
  type PrintedReport,
} from './check-report.ts'
import { checkRows } from './check-rows.ts'
import { configuration, POLICIES } from './installation.ts'
import { Play } from './play.ts'
import { costOf, type Edition, MODELS } from './price-book.ts'
import { reportFromSums } from './roll-up.ts'
import { type RequestRow, readRepricings, readSpending, settledRows } from './rows.ts'
import { bodyOf, type Script, type Scripted, scripts } from './script.ts'

const RUNS = 5
const REQUESTS_A_RUN = 2000
const seed = Number(process.env.TRIMTAB_BILL_SEED ?? Date.now() % 2 ** 31)

const PROBE: Scripted = {
  workflow: 'off',
  provider: 'groq',
  prompt: 'What is the price now?',
  stream: false,
  wantsUsage: false,
  faults: [],
  leaves: undefined,
  cacheControl: undefined,
  callers: 1,
}

/** How often something was met: what never happens proves nothing. */
const met: Record<string, number> = {}

it(`holds its identities on 10,000 random requests (seed ${seed})`, { timeout: 300_000 }, async () => {
  // Shrinking would play thousands of requests over and over: a seed makes the same ones again.
  await fc.assert(fc.asyncProperty(scripts(REQUESTS_A_RUN), playAndCheck), {
    seed,
    numRuns: RUNS,
    endOnFailure: true,
  })
  expect(met.asked).toBeGreaterThanOrEqual(RUNS * REQUESTS_A_RUN)
  const rare = [
    'exact',
    'coalesced',
    'shadow',
    'retried',
    'left',
    'interrupted',
    'over budget',
    'unreachable',
  ]
  for (const name of rare) expect([name, (met[name] ?? 0) > 5]).toEqual([name, true])
})

async function playAndCheck(script: Script): Promise<void> {
  const mock = await startMockProvider()
  const run = await Run.start(mock)
  try {
    await run.play(script)
  } finally {
    await run.stop()
    await mock.close()
  }
}

class Run {
  readonly #mock: MockProvider
  readonly #config: (edition: Edition) => string
  readonly #play: Play
  #trimtab: Trimtab

  private constructor(mock: MockProvider, config: (edition: Edition) => string, trimtab: Trimtab) {
    this.#mock = mock
    this.#config = config
    this.#trimtab = trimtab
    this.#play = new Play(mock)
  }

  static async start(mock: MockProvider): Promise<Run> {
    const gone = await closedPortUrl()
    const config = (edition: Edition) => configuration({ mock: mock.url, gone }, edition)
    return new Run(mock, config, await startTrimtab({ config: config(1), policies: POLICIES }))
  }

  async play({ before, after, killAfter }: Script): Promise<void> {
    const origin = (): string => this.#trimtab.origin
    await this.#play.all(before, origin)
    const paid = await this.#check(1, [1])
    this.#checkBudgets(paid)
    await this.#reprice(paid)
    await this.#check(2, [1])
    await this.#reload()
    let running = Promise.resolve()
    await this.#play.all(after, origin, (count) => {
      if (count === killAfter) running = this.#restart()
      return running
    })
    const rows = await this.#check(2, [1, 2])
    await this.#checkSums()
    this.#count(rows)
  }

  stop(): Promise<unknown> {
    return this.#trimtab.stop()
  }

  async #check(edition: Edition, editions: readonly Edition[]): Promise<readonly RequestRow[]> {
    await this.#mock.until(() => this.#mock.requests.every(({ end }) => end !== 'open'))
    const { rows, totals } = await this.#rowsAndTotals()
    const { asked, cut } = this.#play
    const seen = this.#play.seen()
    expect(checkRows({ rows, asked, seen, cut, edition, editions })).toEqual([])
    expect([...checkTotals(totals, rows), ...checkSavings(totals)]).toEqual([])
    return rows
  }

  /** Of one moment: on a busy machine a tokenizer's count may come between the two. */
  async #rowsAndTotals(): Promise<{ rows: readonly RequestRow[]; totals: Figures }> {
    for (let tries = 0; tries < 10; tries++) {
      const rows = await settledRows(this.#ledger)
      const { totals } = await this.#report()
      if (isDeepStrictEqual(await settledRows(this.#ledger), rows)) return { rows, totals }
    }
    throw new Error('the rows changed ten times while they were reported')
  }

  /** What is spent is what attempts cost that were held to the budget; nothing stays set aside. */
  #checkBudgets(rows: readonly RequestRow[]): void {
    const held = rows.filter(({ workflow }) => workflow === 'capped').flatMap(({ attempts }) => attempts)
    expect(held.filter(({ reservations }) => reservations !== null)).toEqual([])
    const spending = readSpending(this.#ledger)
    expect(total(spending.map(({ reserved }) => reserved))).toBe(0)
    expect(total(spending.map(({ spent }) => spent))).toBe(total(held.map(({ cost }) => cost ?? 0)))
  }

  /** Every attempt has the newest price, and what it cost before is kept. */
  async #reprice(rows: readonly RequestRow[]): Promise<void> {
    writeFileSync(this.#trimtab.configFile, this.#config(2))
    const repriced = await this.#trimtab.command('prices', 'reprice', '--since', '1h', '--json')
    expect(repriced).toMatchObject({ code: 0 })
    const kept = readRepricings(this.#ledger)
    const now = new Map((await settledRows(this.#ledger)).map((row) => [row.id, row.attempts]))
    const changed = rows.flatMap(({ id, attempts }) =>
      attempts.flatMap(({ ordinal, cost }) =>
        now.get(id)?.[ordinal]?.cost === cost ? [] : [[`${id}/${ordinal}`, [cost]] as const],
      ),
    )
    expect(changed.length).toBeGreaterThan(0)
    for (const [attempt, cost] of changed) expect([attempt, kept.get(attempt)]).toEqual([attempt, cost])
    const again = await this.#trimtab.json('prices', 'reprice', '--since', '1h', '--json')
    expect(again).toMatchObject({ totals: { changed: 0 } })
  }

  /** Until the running server has the prices that the ledger has. */
  async #reload(): Promise<void> {
    const body = { ...bodyOf(PROBE), model: MODELS.groq }
    const price = costOf('groq', answerChat(body).counted, 2)
    for (const until = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const { headers } = await this.#play.one(PROBE, this.#trimtab.origin)
      if (nano(Number(headers['x-trimtab-cost-usd'])) === price) return
      if (Date.now() > until) throw new Error('the new prices were never read')
    }
  }

  async #restart(): Promise<void> {
    const { folder } = this.#trimtab
    const killed = this.#trimtab.kill()
    this.#play.noteCut()
    await killed
    this.#trimtab = await startTrimtab({ config: this.#config(2), policies: POLICIES, folder })
    this.#play.noteBack()
  }

  /** The same report by every dimension, and again from the sums by hour alone. */
  async #checkSums(): Promise<void> {
    const whole = (await this.#trimtab.json('report', '--json', '--since', '2h')) as PrintedReport
    const faults: string[] = []
    for (const by of [...OF_REQUESTS, ...OF_ATTEMPTS]) faults.push(...checkParts(by, await this.#report(by)))
    const copy = join(this.#trimtab.folder, 'copy.db')
    expect(await this.#trimtab.command('backup', copy)).toMatchObject({ code: 0 })
    const summed = await reportFromSums(copy, ['workflow'])
    faults.push(...checkParts('workflow', summed))
    expect(faults).toEqual([])
    expect(exactly(summed)).toEqual(exactly(whole))
    expect(exactly(await this.#report())).toEqual(exactly(whole))
  }

  /** As `report --json --url` gets it: a process for each of them would take longer than all the requests. */
  async #report(...by: readonly ReportDimension[]): Promise<PrintedReport> {
    const key = readFileSync(join(this.#trimtab.dataFolder, 'admin-key'), 'utf8').trim()
    const now = Date.now()
    const query = { since: now - 2 * HOUR_MS, until: now + HOUR_MS, timeZone: 'UTC', by }
    return (await remoteReader(this.#trimtab.origin, key).report(query)) as unknown as PrintedReport
  }

  get #ledger(): string {
    return join(this.#trimtab.dataFolder, 'ledger.db')
  }

  #count(rows: readonly RequestRow[]): void {
    const add = (name: string, count: number): void => {
      met[name] = (met[name] ?? 0) + count
    }
    add('asked', this.#play.asked.size)
    add('exact', rows.filter(({ cache }) => cache === 'exact').length)
    add('coalesced', rows.filter(({ cache }) => cache === 'coalesced').length)
    add('shadow', rows.filter(({ shadow }) => shadow !== null).length)
    add('retried', rows.filter(({ attempts }) => attempts.length > 1).length)
    add('left', rows.filter(({ status }) => status === 499).length)
    add('interrupted', rows.filter(({ error }) => error === 'interrupted').length)
    add('over budget', rows.filter(({ error }) => error === 'insufficient_quota').length)
    const outcomes = rows.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))
    add('unreachable', outcomes.filter((outcome) => outcome === 'unreachable').length)
  }
}

/** The totals without percentiles, which sums by hour hold within 2 %. */
function exactly({ totals }: PrintedReport): Omit<Figures, 'latency_ms' | 'first_chunk_ms'> {
  const { latency_ms: _, first_chunk_ms: __, ...exact } = totals
  return exact
}

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0)
}
