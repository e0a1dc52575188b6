// One comparison: traffic under policy A, its replay under policy B, and the same traffic really sent under B.
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { Pool } from 'undici'
import { bundled } from '../bundled.mjs'
import { freePort, GATEWAY_CORE, LOAD_CORE, printed, startNode, stop } from '../processes.mjs'
import { seeded } from '../seeded.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const IN_FLIGHT = 16
const PRICES = `prices:
  overrides:
    near/small: { input: 0.1, output: 0.4 }
    far/large: { input: 1.25, output: 10 }
`
const TIERS = 'tiers: { small: { use: near/small }, large: { use: far/large } }\nlimits: { retries: 0 }\n'
/** A: the small model gets short requests without tools. B: it gets longer ones too, and they are kept shorter. */
const POLICIES = {
  a: `${TIERS}route:
  - { name: tools, when: { tools: on }, to: [large, small] }
  - { name: short, when: { tokens: { below: 90 } }, to: [small, large] }
  - { name: rest, to: [large, small] }
`,
  b: `${TIERS}route:
  - { name: tools, when: { tools: on }, to: [large, small] }
  - { name: drafts, when: { tags: { feature: draft } }, to: [small, large], output: { max_tokens: 250 } }
  - { name: short, when: { tokens: { below: 180 } }, to: [small, large] }
  - { name: rest, to: [large, small] }
`,
}

/** Costs in USD; `error` is what the forecast is off by, as a share of the real cost. */
export async function forecastRun({ folder, seed, requests }) {
  const traffic = trafficOf(seed, requests)
  const a = await send(`${folder}/a`, POLICIES.a, traffic, 1000 + seed)
  const told = await replayed(a, `${folder}/b/policies`, POLICIES.b)
  const b = await send(`${folder}/b`, POLICIES.b, traffic, 2000 + seed)
  const { before, after, after_interval } = told.cost_usd
  const real = costOf(b)
  return {
    seed,
    requests,
    changed: told.changed,
    before,
    recorded: costOf(a),
    forecast: after,
    interval: after_interval,
    real,
    error: after / real - 1,
    within: real >= after_interval[0] && real <= after_interval[1],
    latency: { forecast: told.latency_ms.after, real: latencyOf(b), before: told.latency_ms.before },
    tiers: { forecast: tiersOf(told), real: realTiers(b) },
    failed: { forecast: told.failed.after, real: failedOf(b) },
    untold: told.untold,
  }
}

/** Prompts of three features, short and long; the longer ones mostly want longer answers. */
function trafficOf(seed, requests) {
  const random = seeded(seed)
  return Array.from({ length: requests }, (_, index) => {
    const feature = ['draft', 'answer', 'summary'][Math.floor(3 * random())]
    const words = Math.round(10 + 300 * random() ** 2)
    const wanted = Math.round(20 + 0.5 * words * random() + 300 * random() ** 3)
    const text = Array.from({ length: words }, (_, word) => `w${(index * 31 + word) % 997}`).join(' ')
    const content = `${text} Answer number ${index} in about ${wanted} words.`
    const tools =
      random() < 0.1
        ? [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
        : undefined
    return {
      feature,
      body: JSON.stringify({ model: 'auto', temperature: 1, messages: [{ role: 'user', content }], tools }),
    }
  })
}

async function send(folder, policy, traffic, seed) {
  mkdirSync(`${folder}/policies`, { recursive: true })
  const provider = startNode([await bundled('replay/random-provider.mjs'), String(seed)], LOAD_CORE, [
    'pipe',
    'pipe',
    'inherit',
  ])
  const url = (await printed(provider, /listening on (\S+)/))[1]
  const one = (model) => `{ dialect: openai, base_url: "${url}", api_key: k, models: { ${model}: {} } }`
  writeFileSync(
    `${folder}/trimtab.yaml`,
    `providers:\n  near: ${one('small')}\n  far: ${one('large')}\n${PRICES}`,
  )
  writeFileSync(`${folder}/policies/default.yaml`, `workflow: default\n${policy}`)
  const port = await freePort()
  const args = ['serve', '--port', String(port), '--config', `${folder}/trimtab.yaml`]
  const server = startNode([path('../../dist/cli.js'), ...args], GATEWAY_CORE, ['ignore', 'pipe', 'pipe'])
  server.stdout.resume()
  server.stderr.resume()
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: IN_FLIGHT })
  await ready(pool)
  let next = 0
  const client = async () => {
    while (next < traffic.length) await ask(pool, traffic[next++])
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, client))
  await pool.close()
  await stop(server)
  await stop(provider)
  return { folder, file: `${folder}/data/ledger.db`, config: `${folder}/trimtab.yaml` }
}

async function ready(pool) {
  for (let tries = 0; tries < 200; tries++) {
    const status = await pool.request({ path: '/readyz', method: 'GET' }).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => 0,
    )
    if (status === 200) return
    await sleep(50)
  }
  throw new Error('trimtab was not ready within ten seconds')
}

async function ask(pool, { feature, body }) {
  const headers = { 'content-type': 'application/json', 'x-trimtab-tags': `feature=${feature}` }
  const answer = await pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body })
  await answer.body.dump()
}

async function replayed({ folder, config }, policies, text) {
  mkdirSync(policies, { recursive: true })
  writeFileSync(`${policies}/default.yaml`, `workflow: default\n${text}`)
  const args = ['replay', '--since', '1d', '--config', config, '--data', `${folder}/data`, '--json']
  const child = startNode([path('../../dist/cli.js'), ...args, '--policies', policies], GATEWAY_CORE, [
    'ignore',
    'pipe',
    'inherit',
  ])
  let told = ''
  child.stdout.on('data', (bytes) => {
    told += bytes
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`trimtab replay ended with exit code ${code}`)
  return JSON.parse(told)
}

function read({ file }, use) {
  const database = new Database(file, { readonly: true })
  try {
    return use(database)
  } finally {
    database.close()
  }
}

function costOf(sent) {
  return read(
    sent,
    (database) => database.prepare('SELECT sum(cost_nano_usd) FROM attempts').pluck().get() / 1e9,
  )
}

function latencyOf(sent) {
  const sorted = read(sent, (database) =>
    database.prepare('SELECT total_ms FROM requests ORDER BY total_ms').pluck().all(),
  )
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1]
  return { p50: at(0.5), p95: at(0.95) }
}

function failedOf(sent) {
  return read(sent, (database) =>
    database.prepare('SELECT count(*) FROM requests WHERE status >= 400 OR error IS NOT NULL').pluck().get(),
  )
}

function realTiers(sent) {
  const rows = read(sent, (database) =>
    database
      .prepare('SELECT tier, count(*) AS requests FROM requests WHERE status < 400 GROUP BY tier')
      .all(),
  )
  return Object.fromEntries(rows.map(({ tier, requests }) => [tier, requests]))
}

function tiersOf({ tiers }) {
  return Object.fromEntries(tiers.map(({ tier, after }) => [tier, after]))
}
