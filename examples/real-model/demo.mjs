// trimtab in front of a real model, whose server it starts and stops: asks real questions through the official SDKs,
// then holds trimtab's report against the counts of the model's own tokenizer, which trimtab never sees. Exit code 1
// where they differ.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import OpenAI from 'openai'
import { fetchEngine, fetchWeights } from './fetch.mjs'

const MODEL = 'smollm2-135m-instruct'
const MAX_TOKENS = 24
const WORKFLOWS = ['trivia', 'support']
const STEPS = ['draft', 'answer']

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const program = here('../../dist/cli.js')
const { values } = parseArgs({ options: { questions: { type: 'string', default: '50' } } })

async function main() {
  const { questions: texts } = JSON.parse(readFileSync(here('./questions.json'), 'utf8'))
  const count = Number(values.questions)
  if (!Number.isInteger(count) || count < 1 || count > texts.length) {
    throw new Error(
      `--questions must be a whole number from 1 to ${texts.length}, not "${values.questions}".`,
    )
  }
  tell('Fetching the model, its engine and the Python SDK where they are missing …')
  fetchWeights()
  fetchEngine()
  const python = execFileSync(process.execPath, [here('../../scripts/python-venv.mjs')])
    .toString()
    .trim()
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-real-'))
  try {
    process.exitCode = await run(folder, python, texts.slice(0, count))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Returns the exit code. */
async function run(folder, python, texts) {
  const counts = join(folder, 'counts.jsonl')
  const configFile = join(folder, 'trimtab.yaml')
  writeFileSync(configFile, configuration(counts))
  const where = ['--config', configFile, '--data', join(folder, 'data')]
  const policies = ['--policies', join(folder, 'policies')]
  const { child, origin } = await listening([program, 'serve', '--port', '0', ...where, ...policies])
  try {
    return await askAndCompare(origin, python, texts, counts, where)
  } finally {
    await end(child)
  }
}

async function askAndCompare(trimtab, python, texts, counts, where) {
  const questions = texts.map(toQuestion)
  tell(`Asking ${questions.length} questions through trimtab, half with each SDK, half of those streamed …`)
  const half = Math.ceil(questions.length / 2)
  const [first, second] = [questions.slice(0, half), questions.slice(half)]
  const startedAt = performance.now()
  const answers = (
    await Promise.all([askWithNode(trimtab, first), askWithPython(python, trimtab, second)])
  ).flat()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const answered = answers.filter((answer) => answer.trim() !== '').length
  tell(
    `${answered} of ${questions.length} answered in ${seconds} s. The first: ${JSON.stringify(answers[0])}`,
  )
  const report = (...args) =>
    execFileSync(process.execPath, [program, 'report', '--since', '1h', ...args, ...where]).toString()
  tell(`\n${report('--by', 'workflow,step')}`)
  const { totals } = JSON.parse(report('--by', 'workflow,step', '--json'))
  const agrees = compare(totals, readCounts(counts), questions.length)
  return agrees && answered === questions.length ? 0 : 1
}

/** Questions that come while the model loads wait for it. */
function configuration(counts) {
  const command = [process.execPath, here('./server.mjs'), '--port', '{port}', '--counts', counts]
  return [
    'access: { mode: open }',
    'default_provider: local',
    'providers:',
    `  local: { dialect: openai, command: ${JSON.stringify(command)}, supports_stream_options: true, models: { ${MODEL}: { context: 2048 } } }`,
    'prices:',
    `  overrides: { local/${MODEL}: { input: 0, output: 0 } }`,
    '',
  ].join('\n')
}

/** Every second question is streamed; workflows and steps take turns at paces of their own. */
function toQuestion(text, index) {
  const headers = {
    'x-trimtab-workflow': WORKFLOWS[(index >> 1) % 2],
    'x-trimtab-step': STEPS[(index >> 2) % 2],
  }
  return { text, stream: index % 2 === 1, headers }
}

async function askWithNode(trimtab, questions) {
  const client = new OpenAI({ baseURL: `${trimtab}/v1`, apiKey: 'not-needed', maxRetries: 0 })
  const answers = []
  for (const { text, stream, headers } of questions) {
    const messages = [{ role: 'user', content: text }]
    const body = { model: MODEL, max_tokens: MAX_TOKENS, messages, stream }
    const answer = await client.chat.completions.create(body, { headers })
    if (!stream) {
      answers.push(answer.choices[0].message.content)
      continue
    }
    let said = ''
    for await (const chunk of answer) said += chunk.choices[0]?.delta.content ?? ''
    answers.push(said)
  }
  return answers
}

function askWithPython(python, trimtab, questions) {
  const job = { baseUrl: `${trimtab}/v1`, model: MODEL, maxTokens: MAX_TOKENS, questions }
  const child = spawn(python, [here('./ask.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(job))
  let printed = ''
  child.stdout.on('data', (bytes) => {
    printed += bytes
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(printed))
      else reject(new Error(`The Python SDK's questions ended with exit code ${code}.`))
    })
  })
}

function readCounts(file) {
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0)
  return { requests: lines.length, prompt: sum('promptTokens'), completion: sum('completionTokens') }
}

function compare(totals, counted, asked) {
  const { tokens } = totals
  const rows = [
    ['requests', totals.requests, counted.requests],
    ['prompt tokens', tokens.input + tokens.cache_read, counted.prompt],
    ['completion tokens', tokens.output + tokens.reasoning, counted.completion],
    ['requests asked', asked, counted.requests],
    ['usage as reported', totals.usage.reported, counted.requests],
  ]
  tell(`${''.padEnd(20)}${'trimtab'.padStart(10)}${'model'.padStart(10)}`)
  for (const [name, ours, theirs] of rows) {
    const verdict = ours === theirs ? '' : '  differs'
    tell(`${name.padEnd(20)}${String(ours).padStart(10)}${String(theirs).padStart(10)}${verdict}`)
  }
  return rows.every(([, ours, theirs]) => ours === theirs)
}

/** Starts a Node program and resolves with it and the origin that it says it listens on. */
function listening(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${args[0]} did not start within a minute.`))
    }, 60_000)
    child.once('exit', (code) => {
      clearTimeout(deadline)
      reject(new Error(`${args[0]} ended with exit code ${code}: ${printed}`))
    })
    child.stdout.on('data', (bytes) => {
      printed += bytes
      const found = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(printed)
      if (!found) return
      clearTimeout(deadline)
      resolve({ child, origin: found[0] })
    })
  })
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(impatience)
}

function tell(text) {
  process.stdout.write(`${text}\n`)
}

await main().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
})
