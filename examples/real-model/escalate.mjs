// A real small model whose answers are told only where it was sure of them: asks real questions and nonsense, streamed and
// not, through `escalate`, and holds what trimtab decided against the probabilities that the model server wrote down.
// Exit code 1 where they differ, or where a caller was told any of them.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fetchEngine, fetchWeights } from './fetch.mjs'

const MODEL = 'smollm2-135m-instruct'
const MAX_TOKENS = 24
const BELOW = 0.6

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const program = here('../../dist/cli.js')
const { values } = parseArgs({ options: { questions: { type: 'string', default: '20' } } })

async function main() {
  const count = Number(values.questions)
  if (!Number.isInteger(count) || count < 2) throw new Error('--questions must be a whole number, 2 or more.')
  fetchWeights()
  fetchEngine()
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-escalate-'))
  try {
    process.exitCode = await run(folder, questions(count))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Half of them real, half words in no order. */
function questions(count) {
  const { questions: texts } = JSON.parse(readFileSync(here('./questions.json'), 'utf8'))
  const real = texts.slice(0, Math.ceil(count / 2))
  const nonsense = texts
    .slice(0, Math.floor(count / 2))
    .map((text) => text.split(' ').sort().reverse().join(' '))
  return [...real, ...nonsense]
}

async function run(folder, texts) {
  const counts = join(folder, 'counts.jsonl')
  const config = join(folder, 'trimtab.yaml')
  mkdirSync(join(folder, 'policies'))
  const command = [process.execPath, here('./server.mjs'), '--port', '{port}', '--counts', counts]
  writeFileSync(
    config,
    [
      'providers:',
      `  local: { command: ${JSON.stringify(command)}, models: { ${MODEL}: { context: 2048, has: [logprobs] } } }`,
      'prices:',
      `  overrides: { local/${MODEL}: { input: 0.1, output: 0.4 } }`,
    ].join('\n'),
  )
  writeFileSync(
    join(folder, 'policies', 'sure.yaml'),
    [
      `tiers: { small: { use: local/${MODEL} }, large: { use: sandbox/large } }`,
      'route: [{ name: all, to: [small, large] }]',
      `escalate: { when: { confidence: { below: ${BELOW} }, refused: off, empty: off, loops: off } }`,
    ].join('\n'),
  )
  const where = ['--config', config, '--data', join(folder, 'data')]
  const { child, origin } = await listening([
    program,
    'serve',
    '--port',
    '0',
    ...where,
    '--policies',
    join(folder, 'policies'),
  ])
  try {
    return await askAll(origin, texts, counts, where)
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

async function askAll(origin, texts, counts, where) {
  let wrong = 0
  const told = { small: 0, large: 0 }
  for (const [at, text] of texts.entries()) {
    const stream = at % 2 === 1
    const body = {
      model: 'sure',
      messages: [{ role: 'user', content: text }],
      max_tokens: MAX_TOKENS,
      stream,
    }
    const response = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = await response.text()
    const tier = response.headers.get('x-trimtab-tier')
    const id = response.headers.get('x-trimtab-request-id')
    const { decision } = JSON.parse(
      execFileSync(process.execPath, [program, 'requests', id, '--json', ...where]).toString(),
    )
    const { margin } = JSON.parse(readFileSync(counts, 'utf8').trim().split('\n').at(-1))
    const value = decision.attempts[0]?.insufficiency?.value
    const isRight =
      response.ok &&
      !answer.includes('"top_logprobs"') &&
      tier === (margin < BELOW ? 'large' : 'small') &&
      // Of a stream the first tokens decide; the server's figure is of all that it said until then.
      (value === undefined || stream || Math.abs(value - margin) < 0.002)
    if (!isRight) wrong++
    told[tier] = (told[tier] ?? 0) + 1
    const verdict = isRight ? '' : '  DIFFERS'
    process.stdout.write(`${margin.toFixed(3)}  ${tier.padEnd(5)}  ${text.slice(0, 70)}${verdict}\n`)
  }
  process.stdout.write(`${told.small} told by the small model, ${told.large} went on; ${wrong} differ.\n`)
  return wrong === 0 ? 0 : 1
}

/** Starts a Node program and resolves with it and the origin that it says it listens on. */
function listening(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with exit code ${code}: ${printed}`)))
    child.stdout.on('data', (bytes) => {
      printed += bytes
      const found = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(printed)
      if (found) resolve({ child, origin: found[0] })
    })
  })
}

await main().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
})
