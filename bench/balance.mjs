// `npm run bench:balance [-- --sessions 40 --turns 12 --replicas 64]`: how long the choice of a replica takes where a prompt of
// 100,000 tokens has grown by one turn, beside round robin (which looks at nothing) and beside hashing the whole prompt anew
// each time. Two kinds of conversation: chat of plain texts, and an agent whose every other message calls tools. All that a
// choice does is timed: naming the prompt's blocks, matching them with what each replica holds, its load, and the strategy. What
// comes after it (`sent`: the replica's blocks are written down) is timed apart. Every session begins with one of three system
// prompts, and its requests are parsed from bytes as a server parses them, outside of the time. The figures go to
// bench/results/balance.json too.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadModules } from './bundled.mjs'
import { MACHINE } from './processes.mjs'
import { seeded } from './seeded.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '40' },
    turns: { type: 'string', default: '12' },
    replicas: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '100000' },
  },
})
const SESSIONS = Number(values.sessions)
const TURNS = Number(values.turns)
const REPLICAS = Number(values.replicas)
const TOKENS = Number(values.tokens)
const GOAL_MICROSECONDS = 50
const WARM_UP_TURNS = 15
const STRATEGIES = ['prefix', 'least_busy', 'latency', 'usage', 'cost', 'hybrid', 'session']

mkdirSync(path('./.cache'), { recursive: true })
const { Balancer, PrefixBlocks, STRATEGY, parseModelRequest } = await loadModules(
  [
    'routing/balance/balancer',
    'routing/balance/prefix-blocks',
    'routing/balance/strategies',
    'openai/parse-model-request',
  ],
  'balance',
)

const random = seeded(8)
const WORDS =
  'the rudder turns a tab and the tab turns a ship so that small things move large ones at sea'.split(' ')

function text(tokens) {
  let made = ''
  while (made.length < tokens * 4) made += `${WORDS[Math.floor(random() * WORDS.length)]} `
  return made
}

const SYSTEMS = [text(1500), text(1500), text(1500)]
const TOOLS = Array.from({ length: 30 }, (_, index) => ({
  type: 'function',
  function: {
    name: `tool_${index}`,
    description: text(40),
    parameters: { type: 'object', properties: { path: { type: 'string', description: text(10) } } },
  },
}))

/** One turn of a user and one of a model. */
function chatTurn() {
  return [
    { role: 'assistant', content: text(400) },
    { role: 'user', content: text(100) },
  ]
}

let calls = 0
function agentTurn() {
  const id = `call_${++calls}`
  const call = { id, type: 'function', function: { name: 'tool_3', arguments: `{"path":"/a/${calls}"}` } }
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: text(500) },
  ]
}

const KINDS = {
  chat: { turn: chatTurn, more: {} },
  agent: { turn: agentTurn, more: { tools: TOOLS } },
}

function conversation({ turn, more }, session, size) {
  const messages = [
    { role: 'system', content: SYSTEMS[session % SYSTEMS.length] },
    { role: 'user', content: text(200) },
  ]
  for (let tokens = 0; tokens < size; tokens += 500) messages.push(...turn())
  return { model: 'm', stream: true, ...more, messages }
}

const provider = {
  name: 'gpu',
  priceProvider: undefined,
  maxInFlight: undefined,
  replicas: Array.from({ length: REPLICAS }, (_, index) => ({ id: `gpu/10.0.0.${index}:8000/default` })),
}
const place = { provider, model: 'm' }
const inFlight = new Map(provider.replicas.map(({ id }) => [id, 0]))
const standing = { inFlight: (id) => inFlight.get(id), isAvailable: () => true }
let nowMs = 0

function decide(balancer, request, strategy, blocks = balancer.blocksOf(request, 'tenant')) {
  const promptTokens = Math.ceil(request.bytes.length / 4)
  const weighed = { blocks, promptTokens }
  const candidates = balancer.candidates(place, weighed, standing)
  const asked = {
    promptTokens,
    nowMs,
    random,
    sessionHash: blocks.beginning,
    continues: balancer.continues(place, weighed),
  }
  return { weighed, candidates, index: STRATEGY[strategy](candidates, asked) }
}

/** Times in microseconds. `full`: nothing is remembered of earlier prompts. */
function run(kind, strategy, { full = false, size = TOKENS, turns = TURNS } = {}) {
  const balancer = new Balancer(() => nowMs)
  const bodies = Array.from({ length: SESSIONS }, (_, session) => conversation(KINDS[kind], session, size))
  const times = { parse: [], decision: [], sent: [] }
  const stays = []
  const last = []
  const under = []
  for (let turn = 0; turn <= turns; turn++) {
    for (const [session, body] of bodies.entries()) {
      const bytes = new TextEncoder().encode(JSON.stringify(body))
      nowMs += 20
      const start = performance.now()
      const request = parseModelRequest('chat/completions', bytes)
      const parsed = performance.now()
      const blocks = full ? new PrefixBlocks().of(request, 'tenant') : undefined
      const { weighed, candidates, index } = decide(balancer, request, strategy, blocks)
      const decided = performance.now()
      const sending = balancer.sent(place, candidates[index], weighed, { by: strategy, streams: true })
      const sent = performance.now()
      // The first of each session is seen for the first time.
      if (turn > 0) {
        times.parse.push((parsed - start) * 1000)
        times.decision.push((decided - parsed) * 1000)
        times.sent.push((sent - decided) * 1000)
        stays.push(index === last[session])
      }
      last[session] = index
      inFlight.set(candidates[index].id, inFlight.get(candidates[index].id) + 1)
      // 16,000 tokens a second, and what every request takes.
      sending.firstChunk(20 + (weighed.promptTokens - candidates[index].cachedTokens) / 16)
      sending.reported(candidates[index].cachedTokens)
      under.push({ sending, id: candidates[index].id })
      // Two sessions in three are under way at any time.
      if (under.length > (SESSIONS * 2) / 3) {
        const done = under.shift()
        done.sending.ended(false)
        inFlight.set(done.id, inFlight.get(done.id) - 1)
      }
      body.messages.push(...KINDS[kind].turn())
    }
  }
  for (const { id } of under) inFlight.set(id, inFlight.get(id) - 1)
  const stayed = stays.filter((it) => it).length / stays.length
  return { decision: summary(times.decision), sent: summary(times.sent), parse: summary(times.parse), stayed }
}

/** What a decision costs that looks at nothing. */
function roundRobin() {
  const times = []
  let turn = 0
  let sum = 0
  for (let at = 0; at < 10_000; at++) {
    const start = performance.now()
    turn = (turn + 1) % REPLICAS
    sum += turn
    times.push((performance.now() - start) * 1000)
  }
  return sum > 0 ? summary(times) : undefined
}

function summary(times) {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2))
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

// A server has made thousands of choices before: until then V8 interprets them.
for (const kind of Object.keys(KINDS))
  for (const strategy of STRATEGIES) run(kind, strategy, { size: 2000, turns: WARM_UP_TURNS })
const result = {
  date: new Date().toISOString(),
  machine: MACHINE,
  loadAverage: loadavg()[0],
  replicas: REPLICAS,
  tokens: TOKENS,
  decisions: SESSIONS * TURNS,
  unit: 'microseconds',
  goal: GOAL_MICROSECONDS,
  roundRobin: roundRobin(),
  figures: [],
}
for (const kind of Object.keys(KINDS)) {
  for (const strategy of STRATEGIES)
    result.figures.push({ kind, strategy, hashing: 'incremental', ...run(kind, strategy) })
  result.figures.push({ kind, strategy: 'prefix', hashing: 'full', ...run(kind, 'prefix', { full: true }) })
}
console.log(`${MACHINE}, load ${result.loadAverage.toFixed(1)}, ${result.date}`)
console.log(
  `${REPLICAS} replicas, prompts of about ${TOKENS} tokens grown by one turn, ${result.decisions} decisions each; microseconds p50 / p90 / p99`,
)
console.log(`round robin: ${Object.values(result.roundRobin).join(' / ')} (the clock itself)`)
for (const { kind, strategy, hashing, decision, sent, parse, stayed } of result.figures) {
  console.log(
    `${kind.padEnd(6)}${strategy.padEnd(11)}${hashing.padEnd(12)} decision ${Object.values(decision).join(' / ').padEnd(26)} written down ${Object.values(sent).join(' / ').padEnd(22)} stayed ${(stayed * 100).toFixed(0)}% (parsing ${parse.p50})`,
  )
}
const of = (kind, hashing) =>
  result.figures.find((it) => it.kind === kind && it.strategy === 'prefix' && it.hashing === hashing).decision
for (const kind of Object.keys(KINDS)) {
  const { p50 } = of(kind, 'incremental')
  const ratio = of(kind, 'full').p50 / p50
  console.log(
    `${kind}: prefix ${p50} us p50, ${p50 <= GOAL_MICROSECONDS ? 'within' : 'BEYOND'} ${GOAL_MICROSECONDS}; the whole prompt hashed anew takes ${ratio.toFixed(1)} times as long`,
  )
}
writeFileSync(path('./results/balance.json'), `${JSON.stringify(result, null, 2)}\n`)
if (of('chat', 'incremental').p50 > GOAL_MICROSECONDS) process.exitCode = 1
