// Writes a ledger of many requests over the last seven days through the program's own storage:
// `node write-ledger.mjs FILE MIGRATIONS REQUESTS UNTIL`, bundled first, because it imports src/.

import { requestId } from '../../src/metering/request-id.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { LEDGER_PAGE_BYTES, openForWriting } from '../../src/platform/node/sqlite.ts'
import { registerInstance, retireInstance } from '../../src/storage/instances.ts'
import { LedgerStatements } from '../../src/storage/ledger-statements.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { OpenRequests } from '../../src/storage/open-requests.ts'
import { seeded } from '../seeded.mjs'

const [file, migrations, count, end] = process.argv.slice(2)
const [requests, until] = [Number(count), Number(end)]
const SPAN_MS = 7 * 86_400_000
const A_COMMIT = 200
const WORKFLOWS = 20
const SMALL = { provider: 'near', model: 'small', tier: 'small', nanoUsd: [100, 400], ms: 500, fails: 0.04 }
const LARGE = {
  provider: 'far',
  model: 'large',
  tier: 'large',
  nanoUsd: [1250, 10_000],
  ms: 2200,
  fails: 0.01,
}
const random = seeded(7)

const database = openForWriting(file, LEDGER_PAGE_BYTES)
await migrate(database, readMigrations(migrations), () => until)
const self = registerInstance(database, { host: 'bench', pid: process.pid }, until)
const statements = new LedgerStatements(database, self, new OpenRequests())
let writes = []
for (let index = 0; index < requests; index++) {
  writes.push(...writesOf(Math.floor(until - SPAN_MS + (index * SPAN_MS) / requests)))
  if (index % A_COMMIT === A_COMMIT - 1 || index === requests - 1) {
    statements.commit(writes, until)
    writes = []
  }
}
retireInstance(database, self.id)
database.pragma('wal_checkpoint(TRUNCATE)')
database.close()

function writesOf(at) {
  const id = requestId(at, random)
  const workflow = `workflow-${Math.floor(WORKFLOWS * random() ** 2)}`
  const tokens = Math.round(60 + 4000 * random() ** 3)
  const tools = random() < 0.2
  const isHit = random() < 0.1
  const isShort = tokens < 400 && !tools
  const order = isShort ? [SMALL, LARGE] : [LARGE, SMALL]
  const base = { id, at, workflow, tokens, tools, isShort, order }
  if (isHit) {
    const settled = settledOf({ ...base, order: [] }, [], undefined, 1)
    return [{ kind: 'unsent', request: openedOf(base), settled: { ...settled, cache: 'exact' } }]
  }
  return attemptsOf(base)
}

function attemptsOf(base) {
  const { id, at, tokens, order } = base
  const rows = []
  const notes = []
  let answered
  let totalMs = 2
  for (const [ordinal, target] of order.entries()) {
    const fails = random() < target.fails
    const ms = Math.round(fails ? 40 : target.ms * (0.4 + 2 * random() ** 3))
    const output = Math.round((30 + 500 * random() ** 2) * (target === SMALL ? 0.8 : 1))
    totalMs += ms
    rows.push([
      attemptOf(id, ordinal, target, at, tokens),
      endOf(id, ordinal, target, fails, tokens, output, ms),
    ])
    notes.push({
      target: `${target.provider}/${target.model}`,
      replica: `${target.provider}/api.example/default`,
      outcome: fails ? 'failed' : 'answered',
      status: fails ? 503 : 200,
      detail: undefined,
    })
    if (fails) continue
    answered = target
    break
  }
  const request = openedOf(base)
  return [
    ...rows.flatMap(([attempt, settled], ordinal) => [
      ordinal === 0 ? { kind: 'request', request, attempt } : { kind: 'attempt', attempt },
      { kind: 'attempt_settled', settled },
    ]),
    { kind: 'request_settled', settled: settledOf(base, notes, answered, totalMs) },
  ]
}

function openedOf({ id, at, workflow, isShort }) {
  return {
    id,
    at,
    tenant: 'default',
    team: undefined,
    keyName: `key-${workflow}`,
    user: `user-${Math.floor(random() * 3000)}`,
    workflow,
    step: undefined,
    session: random() < 0.5 ? `session-${Math.floor(random() * 20_000)}` : undefined,
    tags: { feature: `f${Math.floor(random() * 12)}` },
    endpoint: 'chat/completions',
    modelAsked: 'auto',
    rule: isShort ? 'short' : 'rest',
    stream: true,
  }
}

function attemptOf(requestId, ordinal, { provider, model, tier }, startedAt, estimatedInputTokens) {
  const replica = `${provider}/api.example/default`
  return {
    requestId,
    ordinal,
    provider,
    model,
    replica,
    account: 'default',
    tier,
    startedAt,
    estimatedInputTokens,
  }
}

function endOf(requestId, ordinal, { nanoUsd }, fails, input, output, totalMs) {
  const tokens = fails ? noTokens() : { ...noTokens(), input, output }
  return {
    requestId,
    ordinal,
    outcome: fails ? 'failed' : 'answered',
    status: fails ? 503 : 200,
    tokens,
    usage: fails ? 'absent' : 'reported',
    costNanoUsd: fails ? 0 : input * nanoUsd[0] + output * nanoUsd[1],
    priceVersion: fails ? undefined : 'override',
    firstChunkMs: fails ? undefined : Math.round(totalMs / 4),
    totalMs,
  }
}

function settledOf({ id, workflow, tokens, tools, isShort, order }, attempts, answered, totalMs) {
  return {
    id,
    status: answered === undefined && order.length > 0 ? 502 : 200,
    error: answered === undefined && order.length > 0 ? 'provider_error' : undefined,
    tier: answered?.tier,
    cache: 'miss',
    baselineNanoUsd: undefined,
    shadow: undefined,
    semanticWrong: undefined,
    firstChunkMs: Math.round(totalMs / 4),
    totalMs,
    decision: {
      version: 1,
      policy: { workflow, digest: '0123456789abcdef', by: 'header' },
      facts:
        order.length === 0 ? {} : { endpoint: 'chat/completions', tools, model: 'auto', tokens, has: [] },
      parts: { system: tokens, last_user_turn: tokens * 3 },
      input: { bytes: tokens * 4, estimated: tokens, counted: tokens },
      rule: isShort ? 'short' : 'rest',
      candidates: order.map(({ provider, model, tier }) => ({ target: `${provider}/${model}`, tier })),
      edits: ['model', 'stream_options.include_usage'],
      reasons: [],
      attempts,
    },
  }
}
