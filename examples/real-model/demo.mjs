// trimtab in front of a real model, whose server it starts and stops: asks real questions through the official SDKs,
// then holds trimtab's report against the counts of the model's own tokenizer, which trimtab never sees. Exit code 1
// where they differ.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { fetchEngine, fetchWeights } from './fetch.mjs'

const MODEL = 'smollm2-135m-instruct'
const MAX_TOKENS = 24
const WORKFLOWS = ['trivia', 'support']
const STEPS = ['draft', 'answer']
const CLIENTS = ['openai', 'openai-python', 'anthropic']
/** Of the questions, those that are asked for the first time. */
const NEW_SHARE = 0.7

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const program = here('../../dist/cli.js')
const { values } = parseArgs({ options: { questions: { type: 'string', default: '200' } } })

async function main() {
  const { questions: texts } = JSON.parse(readFileSync(here('./questions.json'), 'utf8'))
  const count = Number(values.questions)
  const most = Math.floor(texts.length / NEW_SHARE)
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new Error(`--questions must be a whole number from 1 to ${most}, not "${values.questions}".`)
  }
  tell('Fetching the model, its engine and the Python SDK where they are missing …')
  fetchWeights()
  fetchEngine()
  const python = execFileSync(process.execPath, [here('../../scripts/python-venv.mjs')])
    .toString()
    .trim()
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-real-'))
  try {
    process.exitCode = await run(folder, python, toQuestions(texts, count))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Returns the exit code. */
async function run(folder, python, questions) {
  const counts = join(folder, 'counts.jsonl')
  const configFile = join(folder, 'trimtab.yaml')
  writeFileSync(configFile, configuration(counts))
  const where = ['--config', configFile, '--data', join(folder, 'data')]
  const policies = ['--policies', join(folder, 'policies')]
  const { child, origin } = await listening([program, 'serve', '--port', '0', ...where, ...policies])
  try {
    return await askAndCompare(origin, python, questions, counts, where)
  } finally {
    await end(child)
  }
}

async function askAndCompare(trimtab, python, questions, counts, where) {
  const repeats = questions.filter(({ isRepeat }) => isRepeat).length
  tell(
    `Asking ${questions.length} questions through trimtab by three SDKs, ${repeats} of them a second time …`,
  )
  const of = (client) => questions.filter((question) => question.client === client)
  const startedAt = performance.now()
  const answers = (
    await Promise.all([
      askWithOpenai(trimtab, of('openai')),
      askWithPython(python, trimtab, of('openai-python')),
      askWithAnthropic(trimtab, of('anthropic')),
    ])
  ).flat()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const answered = answers.filter((answer) => answer.trim() !== '').length
  tell(
    `${answered} of ${questions.length} answered in ${seconds} s. The first: ${JSON.stringify(answers[0])}`,
  )
  const report = (...args) =>
    execFileSync(process.execPath, [program, 'report', '--since', '1h', ...args, ...where]).toString()
  tell(`\n${report('--by', 'workflow,step')}`)
  const { totals } = JSON.parse(report('--json'))
  const share = ((100 * totals.hits.exact) / totals.requests).toFixed(0)
  tell(`${share} % of the requests were answered from memory, which saved ${totals.saved_usd} usd.\n`)
  const agrees = compare(totals, readCounts(counts), { questions: questions.length, repeats })
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
    `  overrides: { local/${MODEL}: { input: 0.1, output: 0.4 } }`,
    '',
  ].join('\n')
}

/**
 * Three clients take turns. Of each one's questions, three in ten are asked again two questions later; the others are
 * streamed or not, by one API or the other where its SDK has two, under workflows and steps at paces of their own.
 */
function toQuestions(texts, count) {
  const lists = new Map(CLIENTS.map((client) => [client, []]))
  const left = [...texts]
  for (let index = 0; index < count; index++) {
    const client = CLIENTS[index % CLIENTS.length]
    const list = lists.get(client)
    if (list.length % 10 === 2 || list.length % 10 === 5 || list.length % 10 === 8)
      list.push({ ...list[list.length - 2], isRepeat: true })
    else list.push({ client, text: left.shift(), isRepeat: false, ...manner(index) })
  }
  return [...lists.values()].flat()
}

function manner(index) {
  const turn = Math.floor(index / CLIENTS.length)
  const headers = {
    'x-trimtab-workflow': WORKFLOWS[(turn >> 1) % 2],
    'x-trimtab-step': STEPS[(turn >> 2) % 2],
  }
  return { api: turn % 2 === 0 ? 'chat' : 'responses', stream: (turn + index) % 2 === 1, headers }
}

async function askWithOpenai(trimtab, questions) {
  const client = new OpenAI({ baseURL: `${trimtab}/v1`, apiKey: 'not-needed', maxRetries: 0 })
  const answers = []
  for (const question of questions) {
    const ask = question.api === 'chat' ? askChat : askResponses
    answers.push(await ask(client, question))
  }
  return answers
}

async function askChat(client, { text, stream, headers }) {
  const messages = [{ role: 'user', content: text }]
  const body = { model: MODEL, max_tokens: MAX_TOKENS, temperature: 0, messages, stream }
  const answer = await client.chat.completions.create(body, { headers })
  if (!stream) return answer.choices[0].message.content
  let said = ''
  for await (const chunk of answer) said += chunk.choices[0]?.delta.content ?? ''
  return said
}

async function askResponses(client, { text, stream, headers }) {
  const asked = { model: MODEL, max_output_tokens: MAX_TOKENS, temperature: 0, input: text, store: false }
  if (!stream) return (await client.responses.create(asked, { headers })).output_text
  const answer = client.responses.stream(asked, { headers })
  return (await answer.finalResponse()).output_text
}

async function askWithAnthropic(trimtab, questions) {
  const client = new Anthropic({ baseURL: trimtab, apiKey: 'not-needed', maxRetries: 0 })
  const answers = []
  for (const { text, stream, headers } of questions) {
    const messages = [{ role: 'user', content: text }]
    const asked = { model: MODEL, max_tokens: MAX_TOKENS, temperature: 0, messages }
    const answer = stream
      ? await client.messages.stream(asked, { headers }).finalMessage()
      : await client.messages.create(asked, { headers })
    answers.push(answer.content.map((block) => block.text ?? '').join(''))
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
    ['requests', totals.requests, asked.questions],
    ['answered from memory', totals.hits.exact, asked.repeats],
    ['asked of the model', totals.requests - totals.hits.exact, counted.requests],
    ['prompt tokens', tokens.input + tokens.cache_read, counted.prompt],
    ['completion tokens', tokens.output + tokens.reasoning, counted.completion],
    ['usage as reported', totals.usage.reported, counted.requests],
  ]
  tell(`${''.padEnd(22)}${'trimtab'.padStart(10)}${'model'.padStart(10)}`)
  for (const [name, ours, theirs] of rows) {
    const verdict = ours === theirs ? '' : '  differs'
    tell(`${name.padEnd(22)}${String(ours).padStart(10)}${String(theirs).padStart(10)}${verdict}`)
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
