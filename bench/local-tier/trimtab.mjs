// trimtab in front of model servers, with data of its own, so that its ledger holds one run alone.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startProcess, stop } from './processes.mjs'

const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const START_SECONDS = 30

/** `{ origin, warnings, report(by), stop() }`; `tier`: `{ origins, isAlsoAlone, model, maxInFlight, usdPerHour, policy }`. */
async function startTrimtab(tier) {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-local-tier-'))
  const configFile = join(folder, 'trimtab.yaml')
  const policies = join(folder, 'policies')
  mkdirSync(policies)
  writeFileSync(configFile, configuration(tier))
  if (tier.policy !== undefined) writeFileSync(join(policies, 'tier.yaml'), tier.policy)
  const where = ['--config', configFile, '--data', join(folder, 'data')]
  const child = startProcess([
    process.execPath,
    PROGRAM,
    'serve',
    '--port',
    '0',
    ...where,
    '--policies',
    policies,
  ])
  const origin = await listening(child)
  const asked = (args) => JSON.parse(execFileSync(process.execPath, [PROGRAM, ...args, ...where]).toString())
  return {
    origin,
    pid: child.pid,
    warnings: () => checked([policies, '--config', configFile]),
    report: (by) => asked(['report', '--json', '--since', '1h', ...(by ? ['--by', by] : [])]),
    stop: async () => {
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs `work` with a trimtab of its own, and ends it whatever comes of it. */
export async function withTrimtab(tier, work) {
  const trimtab = await startTrimtab(tier)
  try {
    return await work(trimtab)
  } finally {
    await trimtab.stop()
  }
}

/** All servers as replicas of `local`; with `isAlsoAlone` each under a name of its own, too: `local0`, `local1`, … */
function configuration({ origins, isAlsoAlone = false, ...tier }) {
  return [
    'access: { mode: open }',
    'default_provider: local',
    'providers:',
    ...provider('local', origins, tier),
    ...(isAlsoAlone ? origins.flatMap((origin, index) => provider(`local${index}`, [origin], tier)) : []),
    '',
  ].join('\n')
}

function provider(name, origins, { model, maxInFlight, usdPerHour }) {
  const replicas = JSON.stringify(origins.map((origin) => `${origin}/v1`))
  return [
    `  ${name}:`,
    '    dialect: openai',
    '    vendor: llamacpp',
    `    replicas: ${replicas}`,
    '    supports_stream_options: true',
    `    models: { "${model}": { context: 2048 } }`,
    `    max_in_flight: ${maxInFlight}`,
    `    cost: { usd_per_hour: ${usdPerHour} }`,
  ]
}

async function listening(child) {
  const deadline = performance.now() + START_SECONDS * 1000
  while (performance.now() < deadline) {
    const found = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(child.lastWords())
    if (found) return found[0]
    if (child.exitCode !== null)
      throw new Error(`trimtab ended with exit code ${child.exitCode}: ${child.lastWords()}`)
    await sleep(20)
  }
  throw new Error(`trimtab did not start within ${START_SECONDS} s: ${child.lastWords()}`)
}

/** What `check` says, whatever its exit code. */
function checked(args) {
  try {
    return execFileSync(process.execPath, [PROGRAM, 'check', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
  } catch (error) {
    return String(error.stdout)
  }
}
