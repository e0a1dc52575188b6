// Simulated model servers in a process of their own: `node replica-process.mjs COUNT SLOTS ANSWER_MS`. Each answers so many requests at
// once, the first half of the time in silence; the others wait at its door, as with vLLM. Trouble is told over IPC.
import { createServer } from 'node:http'

const [count, slots, answerMs] = process.argv.slice(2).map(Number)
const SLOWER = 20
const FLAP_MS = 1000
const kinds = Array.from({ length: count }, () => 'none')
const asked = Array.from({ length: count }, () => 0)

const event = (delta, finish = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const FIRST = event({ role: 'assistant', content: 'To' })
const REST = `${event({ content: ' port.' })}${event({}, 'stop')}data: [DONE]\n\n`

const servers = await Promise.all(kinds.map((_, index) => start(index)))
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
  server.keepAliveTimeout = 60_000
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
