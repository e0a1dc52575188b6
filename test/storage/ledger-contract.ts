/** What every ledger owes its callers, whatever it is kept in. Long because it is the whole contract, run once for each adapter. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Ledger } from '../../src/metering/ledger.ts'
import type { LedgerReader, ReportDimension } from '../../src/metering/reports.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { attempt, attemptSettled, idOf, NOON, request, requestSettled } from './ledger-rows.ts'

export interface LedgerUnderTest {
  ledger: Ledger
  reader: LedgerReader
  /** Resolves once what was settled can be read. */
  written: () => Promise<void>
  dispose: () => Promise<void>
}

export function ledgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(name, () => {
    let under: LedgerUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.dispose())

    const report = (by: readonly ReportDimension[], timeZone = 'UTC') =>
      under.reader.report({ since: NOON - 864e5, until: NOON + 864e5, timeZone, by })

    async function answered(label: string, given: Parameters<typeof request>[1] = {}): Promise<string> {
      const id = idOf(label, given.at)
      await under.ledger.openRequest(request(id, given), attempt(id))
      under.ledger.settleAttempt(attemptSettled(id))
      under.ledger.settleRequest(requestSettled(id))
      return id
    }

    test('openRequest: a request can be read, under way, once its promise resolves', async () => {
      await under.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
      const found = await under.reader.request(idOf('1'))
      expect(found).toMatchObject({ status: null, cost_usd: null, decision: null })
      expect(found?.attempts).toMatchObject([{ outcome: 'open', status: null, total_ms: null }])
    })

    test('settle: a request read back is the one written', async () => {
      const given = {
        team: 'red',
        keyName: 'ci',
        user: 'ann',
        step: 'draft',
        session: 's1',
        tags: { a: '1', 'b"c.d': 'é' },
        rule: 'easy',
        stream: true,
      }
      await answered('1', given)
      await under.written()
      const tokens = { ...noTokens(), input: 100, output: 20 }
      expect(await under.reader.request(idOf('1'))).toEqual({
        id: idOf('1'),
        at: '2026-11-25T12:00:00.000Z',
        workflow: 'support',
        step: 'draft',
        session: 's1',
        tenant: 'default',
        key: 'ci',
        model_asked: 'auto',
        tier: 'large',
        rule: 'easy',
        status: 200,
        cache: 'miss',
        tokens,
        cost_usd: 0.0015,
        saved_usd: null,
        attempts: [
          {
            provider: 'openai',
            model: 'gpt-5.5',
            replica: 'openai/api.openai.com/default',
            outcome: 'answered',
            status: 200,
            tokens,
            cost_usd: 0.0015,
            usage: 'reported',
            first_chunk_ms: 200,
            total_ms: 900,
          },
        ],
        team: 'red',
        user: 'ann',
        tags: { a: '1', 'b"c.d': 'é' },
        endpoint: 'chat/completions',
        stream: true,
        error: null,
        first_chunk_ms: 210,
        total_ms: 950,
        decision: requestSettled(idOf('1')).decision,
      })
    })

    test('request: an unknown id is undefined', async () => {
      expect(await under.reader.request(idOf('none'))).toBeUndefined()
    })

    test('requests: the newest first, from since on, no more than the limit', async () => {
      await answered('1', { at: NOON })
      const second = await answered('2', { at: NOON + 1 })
      const third = await answered('3', { at: NOON + 2 })
      await under.written()
      const ids = async (since: number, limit: number) =>
        (await under.reader.requests({ since, limit })).map(({ id }) => id)
      expect(await ids(0, 2)).toEqual([third, second])
      expect(await ids(NOON + 1, 9)).toEqual([third, second])
    })

    test('recordUnsent: a request without an attempt counts, as an error that cost nothing', async () => {
      under.ledger.recordUnsent(
        request(idOf('1')),
        requestSettled(idOf('1'), { status: 404, error: 'model_not_found', cache: 'bypass' }),
      )
      await under.written()
      expect((await report([])).totals).toMatchObject({
        requests: 1,
        errors: 1,
        cost_usd: 0,
        unpriced_requests: 0,
      })
      expect(await under.reader.request(idOf('1'))).toMatchObject({ status: 404, cost_usd: 0, attempts: [] })
    })

    test('report: requests under way count, without figures', async () => {
      await under.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
      expect((await report([])).totals).toMatchObject({
        requests: 1,
        errors: 0,
        usage: { reported: 0, estimated: 0, absent: 0 },
        cost_usd: null,
        unpriced_requests: 0,
        latency_ms: { p50: null, p95: null },
      })
    })

    test('an attempt that is counted after its settlement: the count holds, and the budget knows what it costs', async () => {
      const account = { budget: 'b', scope: '', period: 0, since: 0 }
      const reservations = [{ ...account, amountNanoUsd: 900, mostNanoUsd: undefined }]
      const id = idOf('1')
      await under.ledger.openRequest(request(id), { ...attempt(id), reservations })
      const bySize = attemptSettled(id, { usage: 'estimated', costNanoUsd: 500, reservations })
      under.ledger.settleAttempt(bySize)
      under.ledger.settleRequest(requestSettled(id))
      await under.written()
      expect(under.ledger.budgetSpent(account)).toBe(500)
      const counted = { ...bySize, costNanoUsd: 700, tokens: { ...noTokens(), input: 7 } }
      under.ledger.recountAttempt(counted, 500)
      under.ledger.settleRequest(requestSettled(id, { baselineNanoUsd: 700 }))
      await under.written()
      // A commit that is tried again changes nothing.
      under.ledger.recountAttempt(counted, 500)
      await under.written()
      expect(under.ledger.budgetSpent(account)).toBe(700)
      const { totals } = await report([])
      expect(totals).toMatchObject({ requests: 1, cost_usd: 7e-7, baseline_usd: 7e-7, tokens: { input: 7 } })
    })

    test('report: each attempt is billed once, in the row of its own model, and its request counted in each', async () => {
      await under.ledger.openRequest(
        request(idOf('1')),
        attempt(idOf('1'), { provider: 'gpu', model: 'qwen' }),
      )
      under.ledger.settleAttempt(
        attemptSettled(idOf('1'), {
          outcome: 'failed',
          status: 500,
          tokens: { ...noTokens(), input: 7 },
          usage: 'estimated',
          costNanoUsd: 2_000_000_000,
        }),
      )
      await under.ledger.openAttempt(attempt(idOf('1'), { ordinal: 1 }))
      under.ledger.settleAttempt(attemptSettled(idOf('1'), { ordinal: 1, costNanoUsd: 1_000_000_000 }))
      await under.ledger.openAttempt(attempt(idOf('1'), { ordinal: 2 }))
      under.ledger.settleAttempt(attemptSettled(idOf('1'), { ordinal: 2, costNanoUsd: 500_000_000 }))
      under.ledger.settleRequest(requestSettled(idOf('1')))
      await under.written()
      const { rows, totals } = await report(['provider', 'model'])
      expect(
        rows.map(({ provider, model, requests, cost_usd, tokens }) => [
          provider,
          model,
          requests,
          cost_usd,
          tokens.input,
        ]),
      ).toEqual([
        ['gpu', 'qwen', 1, 2, 7],
        ['openai', 'gpt-5.5', 1, 1.5, 200],
      ])
      expect(totals).toMatchObject({
        requests: 1,
        cost_usd: 3.5,
        tokens: { input: 207, output: 40 },
        usage: { reported: 2, estimated: 1, absent: 0 },
      })
    })

    test('report: cost sums what is priced, is null only where nothing is, and counts what is not', async () => {
      await answered('1', { workflow: 'mixed' })
      for (const [id, workflow] of [
        [idOf('2'), 'mixed'],
        [idOf('3'), 'unknown'],
      ] as const) {
        await under.ledger.openRequest(request(id, { workflow }), attempt(id))
        under.ledger.settleAttempt(attemptSettled(id, { costNanoUsd: undefined, priceVersion: undefined }))
        under.ledger.settleRequest(requestSettled(id))
      }
      await under.written()
      const { rows, totals } = await report(['workflow'])
      expect(rows.map((row) => [row.workflow, row.cost_usd, row.unpriced_requests])).toEqual([
        ['mixed', 0.0015, 1],
        ['unknown', null, 1],
      ])
      expect([totals.cost_usd, totals.unpriced_requests]).toEqual([0.0015, 2])
    })

    test('report: a refusal without tokens is no gap in the bill', async () => {
      await under.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
      under.ledger.settleAttempt(
        attemptSettled(idOf('1'), {
          outcome: 'rate_limited',
          status: 429,
          tokens: noTokens(),
          usage: 'absent',
          costNanoUsd: undefined,
        }),
      )
      await under.ledger.openAttempt(attempt(idOf('1'), { ordinal: 1 }))
      under.ledger.settleAttempt(attemptSettled(idOf('1'), { ordinal: 1 }))
      under.ledger.settleRequest(requestSettled(idOf('1')))
      await under.written()
      expect((await report([])).totals).toMatchObject({ cost_usd: 0.0015, unpriced_requests: 0 })
    })

    test('cost: an attempt that nobody bills is no sign of a known price', async () => {
      const free = { outcome: 'failed', status: 503, tokens: noTokens(), usage: 'absent' } as const
      const unpriced = { ordinal: 1, costNanoUsd: undefined, priceVersion: undefined }
      await under.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
      under.ledger.settleAttempt(attemptSettled(idOf('1'), { ...free, costNanoUsd: 0 }))
      await under.ledger.openAttempt(attempt(idOf('1'), { ordinal: 1 }))
      under.ledger.settleAttempt(attemptSettled(idOf('1'), unpriced))
      under.ledger.settleRequest(requestSettled(idOf('1')))
      await under.written()
      expect(await under.reader.request(idOf('1'))).toMatchObject({ cost_usd: null })
      expect((await report([])).totals).toMatchObject({ cost_usd: null, unpriced_requests: 1 })
    })

    test('cost: attempts that nobody bills cost nothing, whether a price is known or not', async () => {
      const refused = { outcome: 'rejected', status: 401, tokens: noTokens(), usage: 'absent' } as const
      await under.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
      under.ledger.settleAttempt(
        attemptSettled(idOf('1'), { ...refused, costNanoUsd: undefined, priceVersion: undefined }),
      )
      under.ledger.settleRequest(requestSettled(idOf('1'), { status: 401, error: 'authentication' }))
      await under.written()
      expect(await under.reader.request(idOf('1'))).toMatchObject({ cost_usd: 0 })
      expect((await report([])).totals).toMatchObject({ cost_usd: 0, unpriced_requests: 0 })
    })

    test('report: groups by each dimension of a request, and by tags whatever their names', async () => {
      const given = {
        workflow: 'w',
        step: 's',
        rule: 'r',
        keyName: 'k',
        team: 't',
        tenant: 'n',
        user: 'u',
        tags: { 'a"b.c$': 'x' },
      }
      await answered('1', given)
      await answered('2', { workflow: 'w2' })
      await under.written()
      const { rows } = await report([
        'workflow',
        'step',
        'rule',
        'key',
        'team',
        'tenant',
        'user',
        'tier',
        'tag:a"b.c$',
        'tag:constructor',
      ])
      expect(rows).toMatchObject([
        {
          workflow: 'w',
          step: 's',
          rule: 'r',
          key: 'k',
          team: 't',
          tenant: 'n',
          user: 'u',
          tier: 'large',
          'tag:a"b.c$': 'x',
          'tag:constructor': null,
        },
        { workflow: 'w2', step: null, key: null, tenant: 'default', 'tag:a"b.c$': null },
      ])
    })

    test('report: hours, days and months are those of the time zone, apart where a clock is set back', async () => {
      // Berlin leaves summer time on 2026-10-25 at 01:00 UTC.
      await answered('1', { at: Date.parse('2026-10-24T21:59:59Z') })
      await answered('2', { at: Date.parse('2026-10-25T00:30:00Z') })
      await answered('3', { at: Date.parse('2026-10-25T01:30:00Z') })
      await answered('4', { at: Date.parse('2026-10-31T23:30:00Z') })
      await under.written()
      const rows = async (by: 'hour' | 'day' | 'month') => {
        const found = await under.reader.report({
          since: 0,
          until: NOON,
          timeZone: 'Europe/Berlin',
          by: [by],
        })
        return found.rows.map((row) => [row[by], row.requests])
      }
      expect(await rows('hour')).toEqual([
        ['2026-10-24T23:00+02:00', 1],
        ['2026-10-25T02:00+01:00', 1],
        ['2026-10-25T02:00+02:00', 1],
        ['2026-11-01T00:00+01:00', 1],
      ])
      expect(await rows('day')).toEqual([
        ['2026-10-24', 1],
        ['2026-10-25', 2],
        ['2026-11-01', 1],
      ])
      expect(await rows('month')).toEqual([
        ['2026-10', 3],
        ['2026-11', 1],
      ])
    })

    test('report: since is inclusive, until exclusive', async () => {
      await answered('1', { at: NOON - 1 })
      await answered('2', { at: NOON })
      await answered('3', { at: NOON + 1 })
      await under.written()
      const { totals, since, until } = await under.reader.report({
        since: NOON,
        until: NOON + 1,
        timeZone: 'UTC',
        by: [],
      })
      expect(totals.requests).toBe(1)
      expect([since, until]).toEqual(['2026-11-25T12:00:00.000Z', '2026-11-25T12:00:00.001Z'])
    })

    test('report: percentiles are the nearest rank over all requests', async () => {
      for (let index = 1; index <= 20; index++) {
        const id = idOf(index)
        await under.ledger.openRequest(request(id), attempt(id))
        under.ledger.settleAttempt(attemptSettled(id))
        under.ledger.settleRequest(requestSettled(id, { totalMs: index * 10, firstChunkMs: index }))
      }
      await under.written()
      expect((await report([])).totals).toMatchObject({
        latency_ms: { p50: 100, p95: 190 },
        first_chunk_ms: { p50: 10, p95: 19 },
      })
    })

    test('report: an empty period costs nothing', async () => {
      const { rows, totals } = await report(['workflow'])
      expect(rows).toEqual([])
      expect(totals).toMatchObject({ requests: 0, cost_usd: 0, latency_ms: { p50: null, p95: null } })
    })
  })
}
