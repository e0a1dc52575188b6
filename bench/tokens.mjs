// `npm run bench:tokens -- --data FOLDER [--most N]`: how near tokens are told before a provider counts them, by four
// bytes a token and by what each workflow has taught. Requests go through trimtab to a provider that counts them with
// tiktoken (o200k_base) by OpenAI's published recipe; the figures are of trimtab's own decision records.
// FOLDER holds questions and prompts as JSON lines, gzipped (TEXTS below); without it code and Chinese alone are measured.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { build } from 'esbuild'
import { get_encoding } from 'tiktoken'
import { request } from 'undici'
import { freePort, MACHINE, startNode, stopAll } from './processes.mjs'
import { seeded } from './seeded.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: { data: { type: 'string' }, most: { type: 'string', default: '1500' } },
})
const MOST = Number(values.most)
const IN_FLIGHT = 8
const RESAMPLES = 1000
const folder = path('./.cache/tokens')
const o200k = get_encoding('o200k_base')

/** Each is one workflow, as an application would send it. */
const TEXTS = {
  questions: ['questions/nq_open_dev', (row) => user(row.question)],
  prompts: ['questions/arena_hard_v0.1', (row) => user(row.prompt)],
  intents: [
    'intent/banking77_train',
    (row) => [
      { role: 'system', content: 'Name the one intent of the message, as a word.' },
      ...user(row.text),
    ],
  ],
  passages: [
    'questions/xquad_en',
    (row) => row.questions.flatMap(({ question }) => user(`${row.context}\n\n${question}`)),
  ],
  exams: ['routing/mmlu_pro', (row) => user(`${row.question}\n${row.options.join('\n')}`)],
}

async function main() {
  const date = new Date().toISOString()
  const sets = shuffledSets()
  const provider = await countingProvider()
  const server = await serve(provider)
  for (const { workflow, chats } of sets) await send(server, workflow, chats)
  await send(server, 'all mixed', shuffled(sets.flatMap(({ chats }) => chats.slice(0, 300))))
  await stopAll()
  const rows = readRecords()
  const figures = [...new Set(rows.map(({ workflow }) => workflow))].map((workflow) =>
    errorsOf(
      workflow,
      rows.filter((row) => row.workflow === workflow),
    ),
  )
  const path_ns = await pathCost()
  const result = { date, machine: MACHINE, split: SPLIT, figures, path_ns }
  mkdirSync(path('./results'), { recursive: true })
  writeFileSync(path('./results/tokens.json'), `${JSON.stringify(result, null, 2)}\n`)
  rmSync(folder, { recursive: true, force: true })
  print(result)
}

const SPLIT =
  'prequential: each request is told before its own count teaches; order shuffled by a fixed seed; learned_warm leaves out the first 20 of a workflow; 95 % intervals by bootstrap over requests'

function user(content) {
  return [{ role: 'user', content }]
}

function shuffledSets() {
  const sets = []
  for (const [workflow, [name, chatsOf]] of Object.entries(TEXTS)) {
    const file = values.data && `${values.data}/${name}.jsonl.gz`
    if (!file || !existsSync(file)) {
      tell(`${workflow}: no ${name}.jsonl.gz in --data, left out`)
      continue
    }
    const rows = gunzipSync(readFileSync(file))
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const chats =
      workflow === 'passages' ? rows.flatMap((row) => chatsOf(row).map((one) => [one])) : rows.map(chatsOf)
    sets.push({ workflow, chats: shuffled(chats).slice(0, MOST) })
  }
  const sources = execFileSync('git', ['ls-files', 'src'], { cwd: path('..'), encoding: 'utf8' })
    .trim()
    .split('\n')
  const code = sources.map((name) => user(`Review this file:\n${readFileSync(path(`../${name}`), 'utf8')}`))
  sets.push({ workflow: 'code', chats: shuffled(code).slice(0, MOST) })
  const readmes = ['zh-CN', 'zh-TW', 'ja'].map((language) =>
    readFileSync(path(`../node_modules/@biomejs/biome/README.${language}.md`), 'utf8'),
  )
  const paragraphs = readmes
    .flatMap((text) => text.split('\n\n'))
    .filter((text) => /\p{Script=Han}/u.test(text))
  sets.push({ workflow: 'chinese and japanese', chats: shuffled(paragraphs.map(user)) })
  return sets
}

/** Fisher and Yates, with a generator of its own so that every run sends the same. */
function shuffled(list) {
  const random = seeded(42)
  const result = [...list]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[result[index], result[other]] = [result[other], result[index]]
  }
  return result
}

function recipe(messages) {
  return messages.reduce((sum, { role, content }) => sum + 3 + count(role) + count(content), 3)
}

function count(text) {
  return o200k.encode_ordinary(text).length
}

async function countingProvider() {
  const server = createServer(async (incoming, answer) => {
    let body = ''
    for await (const piece of incoming) body += piece
    const tokens = recipe(JSON.parse(body).messages)
    answer.setHeader('content-type', 'application/json')
    answer.end(
      JSON.stringify({
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: tokens, completion_tokens: 2, total_tokens: tokens + 2 },
      }),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return `http://127.0.0.1:${server.address().port}/v1`
}

async function serve(provider) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(`${folder}/policies`, { recursive: true })
  writeFileSync(
    `${folder}/trimtab.yaml`,
    `data: ${folder}/data\npolicies: ${folder}/policies\nproviders: { p: { base_url: "${provider}", api_key: key } }\n`,
  )
  const port = await freePort()
  const args = ['serve', '--port', String(port), '--config', `${folder}/trimtab.yaml`]
  const child = startNode([path('../dist/cli.js'), ...args], `0-${cpus().length - 1}`)
  child.stdout.resume()
  child.stderr.resume()
  const origin = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries++) {
    const ready = await request(`${origin}/healthz`).then(
      ({ body }) => body.dump().then(() => true),
      () => false,
    )
    if (ready) return origin
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('trimtab did not start')
}

async function send(origin, workflow, chats) {
  const left = [...chats]
  const worker = async () => {
    for (let messages = left.pop(); messages !== undefined; messages = left.pop()) {
      const { statusCode, body } = await request(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-trimtab-workflow': workflow },
        body: JSON.stringify({ model: 'p/gpt-5-mini', messages }),
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`status ${statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

/** Oldest first. */
function readRecords() {
  const database = new Database(`${folder}/data/ledger.db`, { readonly: true })
  const rows = database
    .prepare(`
      SELECT workflow, decision ->> '$.input.bytes' AS bytes, decision ->> '$.input.estimated' AS estimated,
        decision ->> '$.input.counted' AS counted
      FROM requests WHERE decision ->> '$.input.counted' IS NOT NULL ORDER BY id`)
    .all()
  database.close()
  return rows
}

function errorsOf(workflow, rows) {
  const off = (estimated, counted) => (100 * Math.abs(estimated - counted)) / counted
  const learned = rows.map(({ estimated, counted }) => off(estimated, counted))
  const fixed = rows.map(({ bytes, counted }) => off(Math.ceil(bytes / 4), counted))
  return {
    workflow,
    requests: rows.length,
    meanTokens: round(mean(rows.map(({ counted }) => counted))),
    bytesPerToken: round(mean(rows.map(({ bytes, counted }) => bytes / counted))),
    fourBytes: withInterval(fixed),
    learned: withInterval(learned),
    learned_warm: withInterval(learned.slice(20)),
  }
}

/** Mean of absolute errors in per cent. */
function withInterval(errors) {
  const random = seeded(7)
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let index = 0; index < errors.length; index++) sum += errors[Math.floor(random() * errors.length)]
    return sum / errors.length
  }).sort((one, other) => one - other)
  const interval = [means[Math.floor(0.025 * RESAMPLES)], means[Math.floor(0.975 * RESAMPLES)]]
  return { mean: round(mean(errors)), interval: interval.map(round) }
}

/** Nanoseconds a request of 1 KB: to tell its tokens, and to learn from their count. */
async function pathCost() {
  const entry = `export { estimateInput } from ${JSON.stringify(path('../src/metering/input-estimate.ts'))}
    export { TokenRatios } from ${JSON.stringify(path('../src/metering/token-ratios.ts'))}
    export { parseModelRequest } from ${JSON.stringify(path('../src/openai/parse-model-request.ts'))}`
  const bundled = await build({
    stdin: { contents: entry, resolveDir: path('..') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  })
  const text = Buffer.from(bundled.outputFiles[0].contents).toString('base64')
  const { estimateInput, TokenRatios, parseModelRequest } = await import(
    `data:text/javascript;base64,${text}`
  )
  const body = JSON.stringify({ model: 'm', messages: user('word '.repeat(190)) })
  const parsed = parseModelRequest('chat/completions', new TextEncoder().encode(body))
  const ratios = new TokenRatios()
  return {
    estimate: nanoseconds(() => estimateInput(parsed, ratios.bytesPerToken('support')).tokens),
    learn: nanoseconds(() => ratios.learn('support', 1000, 190)),
  }
}

/** Median of rounds. */
function nanoseconds(work) {
  const TURNS = 1e6
  const rounds = Array.from({ length: 9 }, () => {
    const from = process.hrtime.bigint()
    for (let turn = 0; turn < TURNS; turn++) work()
    return Number(process.hrtime.bigint() - from) / TURNS
  }).sort((one, other) => one - other)
  return Math.round(rounds[4])
}

function print({ date, machine, figures, path_ns }) {
  tell(`${date}, ${machine}`)
  tell(SPLIT)
  tell('mean absolute error of estimated input tokens, per cent [95 % interval]')
  const cell = ({ mean: value, interval: [low, high] }) => `${value} [${low}, ${high}]`.padEnd(22)
  tell(
    `${'workflow'.padEnd(22)}${'requests'.padEnd(10)}${'bytes/4'.padEnd(22)}${'learned'.padEnd(22)}learned, after 20`,
  )
  for (const { workflow, requests, fourBytes, learned, learned_warm: warm } of figures) {
    tell(
      `${workflow.padEnd(22)}${String(requests).padEnd(10)}${cell(fourBytes)}${cell(learned)}${cell(warm)}`,
    )
  }
  tell(
    `on the path: ${path_ns.estimate} ns to tell a request of 1 KB, ${path_ns.learn} ns to learn from its count`,
  )
}

function mean(list) {
  return list.reduce((sum, value) => sum + value, 0) / list.length
}

function round(value) {
  return Math.round(value * 10) / 10
}

function tell(line) {
  process.stdout.write(`${line}\n`)
}

await main()
