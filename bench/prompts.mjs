// `npm run bench:prompts`: what watching how prompts repeat each other costs the thread that serves requests, a request,
// and the ledger's thread, a prompt: by the size of the prompt, with the hand-over to a real worker thread. Of many
// rounds the fastest.
import { Worker } from 'node:worker_threads'
import { loadModules } from './bundled.mjs'
import { MACHINE } from './processes.mjs'

const { watchPrompt, ThreadPromptWatch, parseModelRequest, createPricer, PromptComparer, noTokens } =
  await loadModules(
    [
      'gateway/prefix/watch-prompt',
      'platform/node/thread-prompt-watch',
      'openai/parse-model-request',
      'metering/price',
      'metering/prefix/compare-prompts',
      'metering/tokens',
    ],
    'prompts',
  )
const ROUNDS = 25
const A_ROUND = 100
const SENTENCE = 'Answer as the handbook of the harbour has it, and name page 17 of it. '

const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => {})", { eval: true })
const pricer = createPricer()
console.log(`${MACHINE}\n`)
console.log('prompt      tokens  main thread, a request  ledger thread, a prompt  kept')
for (const characters of [1000, 4000, 8000, 32_000, 64_000, 256_000]) measure(characters)
await worker.terminate()

function measure(characters) {
  const inputTokens = Math.round(characters / 4)
  const journeys = Array.from({ length: A_ROUND }, (_, index) => journeyOf(characters, index))
  const end = {
    target: {
      provider: { name: 'openai', priceProvider: 'openai' },
      model: 'gpt-5.6',
      replica: { account: 'default' },
    },
    outcome: 'answered',
    metered: { usage: { tokens: { ...noTokens(), input: inputTokens, output: 20 }, source: 'reported' } },
    totalMs: 900,
  }
  const handed = []
  const main = []
  for (let round = 0; round < ROUNDS; round++) {
    const watch = new ThreadPromptWatch((given, transfer) => {
      if (round === 0) handed.push(...structuredClone(given.prompts))
      else worker.postMessage({ kind: 'prompts', handed: given }, transfer)
    })
    const from = performance.now()
    for (let index = 0; index < A_ROUND; index++) {
      const journey = journeys[index]
      journey.gateway.promptWatch = watch
      watchPrompt(journey, end)
      if (index % 20 === 19) watch.flush()
    }
    watch.flush()
    if (round > 0) main.push(((performance.now() - from) * 1000) / A_ROUND)
  }
  const comparer = new PromptComparer(Math.random)
  const thread = []
  for (let round = 0; round < ROUNDS && handed.length > 0; round++) {
    const from = performance.now()
    for (const prompt of handed) comparer.compare(prompt)
    thread.push(((performance.now() - from) * 1000) / handed.length)
  }
  const kept = handed.length === 0 ? 'no' : 'yes'
  console.log(
    `${String(characters).padStart(7)} ch ${String(inputTokens).padStart(8)} ${fastest(main).padStart(20)} µs ${fastest(thread).padStart(22)} µs  ${kept}`,
  )
}

function journeyOf(characters, index) {
  const messages = [
    {
      role: 'system',
      content: SENTENCE.repeat(Math.ceil(characters / SENTENCE.length)).slice(0, characters - 60),
    },
    { role: 'user', content: `Which way does the rudder turn, ${index}?` },
  ]
  const request = parseModelRequest(
    'chat/completions',
    Buffer.from(JSON.stringify({ model: 'gpt-5.6', messages })),
  )
  return {
    incoming: { request, at: Date.now(), principal: { tenant: 'default' }, labels: { session: undefined } },
    entry: { cache: 'miss', opened: { workflow: 'support' } },
    input: { hasMedia: false },
    gateway: { now: Date.now, pricer: () => pricer, promptWatch: undefined },
  }
}

/** Others' work only ever adds to a round. */
function fastest(values) {
  return values.length === 0 ? '–' : Math.min(...values).toFixed(2)
}
