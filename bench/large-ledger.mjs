// Writes a ledger of many requests over the last thirty days, straight into its tables.
import { readdirSync, readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { seeded } from './seeded.mjs'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const DAY_MS = 86_400_000
export const DAYS = 30
const MODELS = [
  { provider: 'openai', model: 'gpt-5.5', tier: 'large', nanoUsd: [1250, 10_000], ms: 2600 },
  { provider: 'openai', model: 'gpt-5.5-mini', tier: 'small', nanoUsd: [250, 2000], ms: 900 },
  { provider: 'gemini', model: 'gemini-3-flash', tier: 'small', nanoUsd: [300, 2500], ms: 700 },
  { provider: 'gpu', model: 'qwen3-4b', tier: 'local', nanoUsd: [20, 80], ms: 400 },
]
const APPLICATIONS = 40
const STEPS = ['classify', 'draft', 'check']
const RULES = ['images', 'long', 'rest']

/** `file` must not be there. Everything that is random comes from `seed`, so that two runs sum to the same. */
export function writeLedger(file, migrations, { requests, until, seed = 1 }) {
  const database = new Database(file)
  database.pragma('page_size = 2048')
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  for (const name of readdirSync(migrations).sort()) {
    if (!name.endsWith('.sql')) continue
    database.exec(readFileSync(`${migrations}/${name}`, 'utf8'))
    database
      .prepare('INSERT INTO schema_migrations VALUES (?, ?, ?)')
      .run(Number(name.slice(0, 4)), name.slice(5, -4), until)
  }
  const write = writer(database, seeded(seed))
  database.exec('BEGIN')
  for (let index = 0; index < requests; index++) {
    write(Math.floor(until - DAYS * DAY_MS + (index * DAYS * DAY_MS) / requests))
    if (index % 20_000 === 0) database.exec('COMMIT; BEGIN')
  }
  database.exec('COMMIT')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

function writer(database, random) {
  const request = database.prepare(`
    INSERT INTO requests (id, at, instance, tenant, team, key_name, user, workflow, step, session, tags, endpoint,
      model_asked, rule, stream, status, error, tier, cache, baseline_nano_usd, first_chunk_ms, total_ms,
      decision_version, decision)
    VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, 'chat/completions', 'auto', ?, 1, ?, ?, ?, ?, ?, ?, ?, 1, ?)`)
  const attempt = database.prepare(`
    INSERT INTO attempts (request_id, ordinal, instance, provider, model, replica, account, tier, started_at,
      estimated_input_tokens, outcome, status, usage, input_tokens, cache_read_tokens, output_tokens, cost_nano_usd,
      price_version, first_chunk_ms, total_ms)
    VALUES (?, ?, 1, ?, ?, ?, 'default', ?, ?, ?, ?, ?, 'reported', ?, ?, ?, ?, 'table-2026-11-20', ?, ?)`)
  const among = (list) => list[Math.floor(random() * list.length)]
  return (at) => {
    const id = requestId(at, random)
    // Some applications ask far more than others; a step mostly leads to one rule and one model.
    const application = Math.floor(APPLICATIONS * random() ** 2)
    const team = `team-${application % 8}`
    const step = Math.floor(STEPS.length * random())
    const target = random() < 0.9 ? MODELS[(application + step) % MODELS.length] : among(MODELS)
    const isHit = random() < 0.15
    const failsFirst = !isHit && random() < 0.03
    const input = Math.round(200 + 3000 * random() ** 3)
    const cached = random() < 0.3 ? Math.round(input * 0.6) : 0
    const output = Math.round(20 + 600 * random() ** 2)
    const baseline = input * target.nanoUsd[0] + output * target.nanoUsd[1]
    const totalMs = isHit ? 1 : Math.round(target.ms * (0.4 + 2 * random() ** 3))
    request.run(
      ...[
        id,
        at,
        `tenant-${application % 2}`,
        team,
        `key-${application}`,
        `user-${Math.floor(random() * 3000)}`,
      ],
      ...[`workflow-${application % 20}`, STEPS[step], null, `{"feature":"f${application % 12}"}`],
      ...[
        random() < 0.9 ? RULES[step] : among(RULES),
        200,
        null,
        target.tier,
        isHit ? among(['exact', 'coalesced']) : 'miss',
        baseline,
      ],
      ...[isHit ? 1 : Math.round(totalMs / 4), totalMs, decision(target, partSizes(input, random))],
    )
    if (isHit) return
    const replica = `${target.provider}/api.example/default`
    const common = [target.provider, target.model, replica, target.tier, at, input]
    if (failsFirst) attempt.run(id, 0, ...common, 'failed', 503, 0, 0, 0, 0, null, 40)
    const cost =
      (input - cached) * target.nanoUsd[0] + cached * (target.nanoUsd[0] / 10) + output * target.nanoUsd[1]
    attempt.run(
      ...[
        id,
        failsFirst ? 1 : 0,
        ...common,
        'answered',
        200,
        input - cached,
        cached,
        output,
        Math.round(cost),
      ],
      ...[Math.round(totalMs / 4), totalMs],
    )
  }
}

/** What such an input consists of, in characters. */
function partSizes(tokens, random) {
  const characters = tokens * 4
  const sizes = {
    system: Math.ceil(characters * 0.3),
    last_user_turn: Math.ceil(characters * 0.1 * (1 + random())),
  }
  if (random() < 0.5) sizes.tools = Math.ceil(characters * 0.2)
  if (random() < 0.7) sizes.history = Math.ceil(characters * 0.4 * random())
  if (random() < 0.05) sizes.images = 4000
  return sizes
}

/** As large as a usual one. */
function decision({ provider, model, tier }, parts) {
  const target = `${provider}/${model}`
  return JSON.stringify({
    version: 1,
    policy: { workflow: 'bench', digest: '0123456789abcdef' },
    facts: { tokens: 820, has: ['tools'], endpoint: 'chat/completions', stream: true },
    parts,
    rule: 'rest',
    candidates: [{ target, tier }],
    attempts: [{ target, replica: `${provider}/api.example/default`, outcome: 'answered', ms: 812 }],
    edits: ['model', 'stream_options'],
    reasons: ['rule rest leads to its tier'],
  })
}

/** As trimtab names requests: ten characters of time, sixteen of randomness. */
function requestId(at, random) {
  let time = ''
  for (let rest = at, place = 0; place < 10; place++, rest = Math.floor(rest / 32))
    time = ALPHABET[rest % 32] + time
  let tail = ''
  for (let place = 0; place < 16; place++) tail += ALPHABET[Math.floor(random() * 32)]
  return `req_${time}${tail}`
}
