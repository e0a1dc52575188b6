// A small server of OpenAI's dialect for tests of `command` providers: a process of its own, as troublesome as it is told.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    // Appended to as `PID` a line, so that a test knows every process that ever was.
    pids: { type: 'string' },
    // Milliseconds until the model is loaded; requests get 503 before, as from llama.cpp.
    'load-ms': { type: 'string', default: '0' },
    // Ends with this code at once, the first N times that it is started.
    'fail-starts': { type: 'string', default: '0' },
    'fail-code': { type: 'string', default: '3' },
    // Knows `/v1/models` alone.
    'no-health': { type: 'boolean', default: false },
    'ignore-term': { type: 'boolean', default: false },
    // Starts a child of its own, as servers with workers do.
    worker: { type: 'boolean', default: false },
    name: { type: 'string', default: 'small' },
    // Tells of itself as vLLM does.
    metrics: { type: 'boolean', default: false },
  },
})

if (values.pids !== undefined) appendFileSync(values.pids, `${process.pid}\n`)
const startsSoFar =
  values.pids !== undefined && existsSync(values.pids)
    ? readFileSync(values.pids, 'utf8').split('\n').length - 1
    : 1
if (startsSoFar <= Number(values['fail-starts'])) {
  process.stderr.write('out of memory, as it were\n')
  process.exit(Number(values['fail-code']))
}
if (values['ignore-term']) process.on('SIGTERM', () => {})
if (values.worker) {
  const worker = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
    '--',
    String(values.pids),
  ])
  if (values.pids !== undefined) appendFileSync(values.pids, `${worker.pid}\n`)
}

const readyAt = Date.now() + Number(values['load-ms'])
const server = createServer((request, response) => {
  const path = request.url
  if (path === '/health' && values['no-health'])
    return send(response, 404, { error: { message: 'Not found' } })
  if (Date.now() < readyAt) return send(response, 503, { error: { message: 'Loading model' } })
  if (path === '/health') return send(response, 200, { status: 'ok' })
  if (path === '/metrics' && values.metrics) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    return response.end('vllm:num_requests_running{engine="0"} 3\nvllm:num_requests_waiting{engine="0"} 2\n')
  }
  if (path === '/metrics') return send(response, 404, { error: { message: 'Not found' } })
  if (path === '/environment') return send(response, 200, process.env)
  if (path === '/v1/models') {
    return send(response, 200, {
      object: 'list',
      data: [{ id: values.name, object: 'model', created: 0, owned_by: 'test' }],
    })
  }
  let text = ''
  request.on('data', (bytes) => {
    text += bytes
  })
  request.on('end', () => chat(JSON.parse(text), response))
})
server.listen(Number(values.port ?? process.env.MODEL_PORT), '127.0.0.1', () =>
  process.stdout.write(`model server ${values.name} listens\n`),
)

/** `crash` ends the process in the middle of its answer; `slow-N` takes N ms over each word. */
async function chat(body, response) {
  const model = String(body.model)
  const paceMs = Number(/slow-(\d+)/.exec(model)?.[1] ?? 0)
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  const head = { id: `chatcmpl-${process.pid}`, created: 0, model }
  if (!body.stream) {
    if (model === 'crash') process.exit(9)
    await pause(paceMs * 4)
    const message = { role: 'assistant', content: `I am ${values.name}.` }
    return send(response, 200, {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (fields) =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`)
  for (const [index, content] of ['I', ' am', ` ${values.name}`, '.'].entries()) {
    if (model === 'crash' && index === 2) setTimeout(() => process.exit(9), 50)
    if (model === 'crash' && index === 2) return
    event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
    await pause(paceMs)
  }
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  if (body.stream_options?.include_usage) event({ choices: [], usage })
  response.end('data: [DONE]\n\n')
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
