import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RecordedRequest } from '../../src/metering/recorded-request.ts'
import { requestId } from '../../src/metering/request-id.ts'
import type { LedgerWrite } from '../../src/storage/ledger-statements.ts'
import { recordedTraffic } from '../../src/storage/recorded-traffic.ts'
import { attempt, attemptSettled, ledgerInParts, NOON, request, requestSettled } from './ledger-rows.ts'

let ledger: Awaited<ReturnType<typeof ledgerInParts>>

beforeEach(async () => {
  ledger = await ledgerInParts()
})

afterEach(() => ledger.remove())

const idAt = (at: number, tail = 0.5): string => requestId(at, () => tail)

/** With so many attempts; of three, none is settled, nor is the request. */
function writesOf(id: string, at: number, attempts: number): LedgerWrite[] {
  const opened = request(id, { at, tags: { n: String(at) } })
  const settled = requestSettled(id)
  if (attempts === 0) return [{ kind: 'unsent', request: opened, settled }]
  const isOpen = attempts === 3
  const rows = Array.from({ length: attempts }, (_, ordinal): LedgerWrite[] => [
    ordinal === 0
      ? { kind: 'request', request: opened, attempt: attempt(id) }
      : { kind: 'attempt', attempt: attempt(id, { ordinal }) },
    ...(isOpen ? [] : [{ kind: 'attempt_settled' as const, settled: attemptSettled(id, { ordinal }) }]),
  ])
  return [...rows.flat(), ...(isOpen ? [] : [{ kind: 'request_settled' as const, settled }])]
}

async function read(since: number, until: number): Promise<RecordedRequest[]> {
  const traffic = recordedTraffic(ledger.reading, { since, until })
  const requests: RecordedRequest[] = []
  await traffic.forEach((one) => void requests.push(one))
  expect(traffic.count()).toBe(requests.length)
  return requests
}

test('recordedTraffic: each settled request once, in order, with its attempts, whatever page it falls on', async () => {
  const expected: [string, number][] = []
  const writes: LedgerWrite[] = []
  for (let number = 0; number < 3300; number++) {
    // Several of one millisecond lie across the end of a page, too.
    const at = NOON + Math.floor(number / 7)
    const id = idAt(at, (number % 7) / 8)
    writes.push(...writesOf(id, at, number % 4))
    if (number % 4 !== 3) expected.push([id, number % 4])
  }
  ledger.statements.commit(writes, NOON)
  const requests = await read(NOON, NOON + 60_000)
  expect(requests.map(({ id, attempts }) => [id, attempts.length])).toEqual(expected)
})

test('recordedTraffic: from the first millisecond, up to the last and not of it', async () => {
  const times = [NOON - 1, NOON, NOON + 5, NOON + 6]
  ledger.statements.commit(
    times.flatMap((at) => writesOf(idAt(at, 0), at, 1)),
    NOON,
  )
  const requests = await read(NOON, NOON + 6)
  expect(requests.map(({ at, tags }) => [at, tags])).toEqual([
    [NOON, { n: String(NOON) }],
    [NOON + 5, { n: String(NOON + 5) }],
  ])
  expect(requests[0]?.attempts[0]).toMatchObject({
    ...{ provider: 'openai', model: 'gpt-5.5', tier: 'large', outcome: 'answered' },
    ...{ estimatedInputTokens: 11, costNanoUsd: 1_500_000, totalMs: 900 },
  })
})
