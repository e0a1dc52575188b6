// Simulated model servers in a process of their own: `node replica-process.mjs COUNT SLOTS ANSWER_MS`. Each answers so many requests at
// once, the first half of the time in silence; the others wait at its door, as with vLLM. Trouble is told over IPC. With SLOTS 0 they are
// those of bench/sim on the clock of the wall: batches whose steps a prefill makes longer for all, so that load slows everybody down.
import { createServer } from 'node:http'
import { seeded } from '../seeded.mjs'
import { BLOCK_TOKENS } from '../sim/rates.mjs'
import { Replica } from '../sim/replica.mjs'
import { PROMPT, RATES } from './prompt.mjs'

const [count, slots, answerMs] = process.argv.slice(2).map(Number)
const SLOWER = 20
const FLAP_MS = 1000
const kinds = Array.from({ length: count }, () => 'none')
const asked = Array.from({ length: count }, () => 0)

const event = (delta, finish = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const FIRST = event({ role: 'assistant', content: 'To' })
const REST = `${event({ content: ' port.' })}${event({}, 'stop')}data: [DONE]\n\n`

const servers = await Promise.all(
  kinds.map((_, index) => (slots === 0 ? startBatching(index) : start(index))),
)
process.send({ ports: servers.map((server) => server.address().port) })
process.on('message', (message) => {
  if (message.trouble)
    message.trouble.forEach((kind, index) => {
      kinds[index] = kind
    })
  process.send({ counts: [...asked] })
})
process.on('disconnect', () => process.exit(0))

function start(index) {
  const waiting = []
  let busy = 0
  const next = () => {
    while (busy < slots && waiting.length > 0) {
      const response = waiting.shift()
      if (response.destroyed) continue
      busy++
      answer(response, () => {
        busy--
        next()
      })
    }
  }
  const answer = (response, done) => {
    const halfMs = (answerMs / 2) * (kinds[index] === 'slow' ? SLOWER : 1)
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(FIRST)
      setTimeout(() => {
        response.end(REST)
        done()
      }, answerMs / 2)
    }, halfMs)
  }
  const server = createServer((request, response) => {
    asked[index]++
    request.resume()
    const kind = kinds[index]
    if (kind === 'errs') return void response.writeHead(500).end('{"error":{"message":"it errs"}}')
    if (kind === 'flaps' && Math.floor(Date.now() / FLAP_MS) % 2 === 0) return void request.socket.destroy()
    waiting.push(response)
    next()
  })
  return listening(server)
}

/** No prompt is like another, so that none is spared its prefill; who hangs up is computed no further. */
function startBatching(index) {
  // A step that is told late, as this machine has other work, is not a longer one: the next begins when it would have.
  let happensAtMs
  const events = {
    get nowMs() {
      return happensAtMs ?? performance.now()
    },
    at: (atMs, happen) => {
      const onTime = () => {
        happensAtMs = atMs
        happen()
        happensAtMs = undefined
      }
      setTimeout(onTime, Math.max(0, atMs - performance.now()))
    },
  }
  let block = 0
  const random = seeded(index + 1)
  const near = (mean) => Math.round(mean * (1 + PROMPT.spread * (2 * random() - 1)))
  const replica = new Replica(RATES, events, {
    firstToken: ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(FIRST)
    },
    ended: ({ response }) => void response.end(REST),
  })
  const server = createServer((request, response) => {
    asked[index]++
    request.resume()
    const [promptTokens, outputTokens] = [near(PROMPT.tokens), near(PROMPT.answerTokens)]
    const blocks = Math.ceil((promptTokens + outputTokens) / BLOCK_TOKENS)
    const chain = Array.from({ length: blocks }, () => block++)
    const job = replica.submit({ response, chain, promptTokens, outputTokens, images: [] })
    response.on('close', () => {
      if (!response.writableFinished) replica.cancel(job)
    })
  })
  return listening(server)
}

function listening(server) {
  server.keepAliveTimeout = 60_000
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
