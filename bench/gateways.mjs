// How each gateway is started in front of the mock, and how it is called.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { openRows } from './ledger-rows.mjs'
import { installPortkey } from './portkey.mjs'
import { GATEWAY_CORE, startNode } from './processes.mjs'
import {
  CHAT_MODEL,
  QUICK_STREAM_MODEL,
  REMEMBERED,
  rememberedQuestions,
  STREAM_MODEL,
} from './workloads.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const program = path('../dist/cli.js')
/** Node's options of `npm start`: what users get. */
const { scripts } = JSON.parse(readFileSync(path('../package.json'), 'utf8'))
const [, options] = /node ((?:--\S+ )*)dist\/cli\.js serve/.exec(scripts.start)
const START_OPTIONS = options.split(' ').filter(Boolean)
const JSON_BODY = { 'content-type': 'application/json', 'user-agent': 'bench' }

/**
 * Each takes the mock's base URL and gives `start(port)`, which returns the process; `headers()` that a caller
 * sends, asked for once it runs; `rows` of the ledger where it keeps one; and `clean()`. Where it has `work`, it is asked that
 * alone, once `prepare(origin, ask)` is done.
 */
export const GATEWAYS = { bare, trimtab, everything, portkey, power }
/** `power` costs what the disk costs, so it is measured where it is asked for. */
export const USUAL_GATEWAYS = 'bare,trimtab,everything,portkey'

function bare(provider) {
  const { origin } = new URL(provider)
  return {
    name: 'bare',
    title: 'node:http + undici',
    headers: () => ({ ...JSON_BODY, authorization: 'Bearer key' }),
    start: (port) => startNode([path('./bare.mjs'), String(port), origin], GATEWAY_CORE),
    rows: undefined,
    clean() {},
  }
}

/** As `trimtab`, with each commit on the disk before it counts. */
function power(provider) {
  return { ...trimtab(provider, 'durability: power'), name: 'power', title: 'trimtab, durability: power' }
}

/** So many answers may one key have remembered in an hour. */
const KEYS_QUOTA = 2000

/** As `trimtab`, with the questions looked up by meaning among 10,000 remembered ones by the table of words, and none served. */
function everything(provider) {
  const gateway = trimtab(provider, 'embedding: { use: static }')
  return {
    ...gateway,
    name: 'everything',
    title: 'trimtab, everything on',
    work: 'everything',
    async prepare(origin, ask) {
      const policy = (write) => `${POLICY}cache: { semantic: { mode: shadow, write: ${write} } }\n`
      gateway.govern(policy('behind'))
      await sleep(1500)
      const { texts, ...job } = rememberedQuestions()
      for (let from = 0; from < texts.length; from += KEYS_QUOTA) {
        const part = { ...job, texts: texts.slice(from, from + KEYS_QUOTA), maxRequests: KEYS_QUOTA }
        await ask({ ...part, origin, path: '/v1/chat/completions', headers: gateway.headers(`from ${from}`) })
      }
      for (let waited = 0; (await rememberedBy(origin)) < REMEMBERED; waited++) {
        if (waited > 100)
          throw new Error(`${await rememberedBy(origin)} of ${texts.length} questions are remembered.`)
        await sleep(100)
      }
      gateway.govern(policy('around'))
      await sleep(1500)
    },
  }
}

async function rememberedBy(origin) {
  const { body } = await request(`${origin}/metrics`)
  return Number(/^trimtab_semantic_entries (\d+)/m.exec(await body.text())?.[1] ?? 0)
}

function trimtab(provider, more = '') {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-bench-'))
  const configFile = join(folder, 'trimtab.yaml')
  const policies = join(folder, 'policies')
  mkdirSync(policies)
  writeFileSync(configFile, `${configuration(provider)}${more}\n`)
  writeFileSync(join(policies, 'bench.yaml'), POLICY)
  const where = ['--config', configFile, '--data', join(folder, 'data')]
  const labels = { 'x-trimtab-workflow': 'bench', 'x-trimtab-step': 'load' }
  return {
    name: 'trimtab',
    title: 'trimtab: key, policy, ledger',
    headers(name = 'bench') {
      const args = [program, 'keys', 'create', '--name', name, '--tenant', 'bench', '--json', ...where]
      const { key } = JSON.parse(execFileSync(process.execPath, args).toString())
      return { ...JSON_BODY, authorization: `Bearer ${key}`, ...labels }
    },
    start(port) {
      const args = ['serve', '--port', String(port), ...where, '--policies', policies]
      return startNode([...START_OPTIONS, program, ...args], GATEWAY_CORE)
    },
    rows: openRows(join(folder, 'data', 'ledger.db')),
    /** The policy is read again within a second. */
    govern: (policy) => writeFileSync(join(policies, 'bench.yaml'), policy),
    clean: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function portkey(provider) {
  const entry = installPortkey()
  return {
    name: 'portkey',
    title: 'Portkey: no ledger',
    headers: () => ({
      ...JSON_BODY,
      authorization: 'Bearer key',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': provider,
    }),
    start: (port) => startNode([entry, `--port=${port}`, '--headless'], GATEWAY_CORE),
    rows: undefined,
    clean() {},
  }
}

function configuration(provider) {
  return [
    'access: { mode: keys }',
    'default_provider: mock',
    'providers:',
    `  mock: { dialect: openai, base_url: "${provider}", api_key: provider-key }`,
    'prices:',
    '  overrides:',
    `    mock/${CHAT_MODEL}: { input: 0.15, output: 0.6 }`,
    `    mock/${STREAM_MODEL}: { input: 0.15, output: 0.6 }`,
    `    mock/${QUICK_STREAM_MODEL}: { input: 0.15, output: 0.6 }`,
    '',
  ].join('\n')
}

const POLICY = `workflow: bench
tiers:
  large: { use: [mock/*] }
route:
  - { name: images, when: { has: [image] }, to: large }
  - { name: long, when: { tokens: { above: 100000 } }, to: large }
  - { name: rest, to: large }
fallback: { on: [429, 5xx, timeout] }
limits: { timeout: 2m, first_chunk: 30s, between_chunks: 30s, retries: 1 }
`
