// A small OpenAI-compatible server on a real model: `node server.mjs --port N --counts FILE`.
// Every answer's token counts, by the model's own tokenizer, are appended to FILE for whoever audits a bill.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { loadEngine } from './engine.mjs'

const MODEL = 'smollm2-135m-instruct'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, counts: { type: 'string' } },
})

const answer = await loadEngine()
let served = 0

const server = createServer(async (request, response) => {
  try {
    const body = await readBody(request)
    if (request.method === 'GET' && request.url === '/v1/models') return sendModels(response)
    if (request.method === 'POST' && request.url === '/v1/chat/completions') return await chat(body, response)
    refuse(response, 404, `Invalid URL (${request.method} ${request.url})`)
  } catch (error) {
    refuse(response, error instanceof SyntaxError || error instanceof RangeError ? 400 : 500, error.message)
  }
})

server.listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}/v1\n`)
})

async function chat(text, response) {
  const body = JSON.parse(text)
  if (body.model !== MODEL) return refuse(response, 404, `The model \`${body.model}\` does not exist.`)
  if (!Array.isArray(body.messages)) return refuse(response, 400, "Missing required parameter: 'messages'.")
  const head = { id: `chatcmpl-${++served}`, created: Math.floor(Date.now() / 1000), model: MODEL }
  const departed = new AbortController()
  response.once('close', () => departed.abort())
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? 128
  const reply = noting(body.stream ? streamReply(response, head, body) : jsonReply(response, head))
  const topLogprobs = body.logprobs === true ? (body.top_logprobs ?? 0) : undefined
  const counts = await answer(body.messages, maxTokens, departed.signal, reply.text, topLogprobs)
  note(head.id, { ...counts, margin: reply.margin() }, body, response.destroyed)
  reply.end(counts)
}

/** Also tells how sure the model was of its tokens: the mean lead of each over the next likeliest. */
function noting(reply) {
  const leads = []
  return {
    ...reply,
    text(piece, logprobs) {
      for (const { logprob, top_logprobs: top } of logprobs ?? [])
        leads.push(Math.exp(logprob) - Math.exp(top[1]?.logprob ?? Number.NEGATIVE_INFINITY))
      reply.text(piece, logprobs)
    },
    margin: () => (leads.length === 0 ? null : leads.reduce((sum, lead) => sum + lead, 0) / leads.length),
  }
}

function streamReply(response, head, body) {
  const withUsage = body.stream_options?.include_usage === true
  const send = (fields) => {
    const usage = withUsage ? { usage: null } : {}
    const chunk = { ...head, object: 'chat.completion.chunk', ...usage, ...fields }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
  const choice = (delta, finish_reason = null, logprobs = null) => ({
    choices: [{ index: 0, delta, logprobs, finish_reason }],
  })
  let begun = false
  const begin = () => {
    if (begun) return
    begun = true
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send(choice({ role: 'assistant', content: '' }))
  }
  return {
    text(content, logprobs) {
      begin()
      send(choice({ content }, null, logprobs === undefined ? null : { content: logprobs }))
    },
    end(counts) {
      begin()
      send(choice({}, counts.finishReason))
      if (withUsage) send({ choices: [], usage: usageOf(counts) })
      response.end('data: [DONE]\n\n')
    },
  }
}

function jsonReply(response, head) {
  let content = ''
  let told = null
  return {
    text(piece, logprobs) {
      content += piece
      if (logprobs !== undefined) told = { content: [...(told?.content ?? []), ...logprobs] }
    },
    end(counts) {
      const message = { role: 'assistant', content }
      const choices = [{ index: 0, message, logprobs: told, finish_reason: counts.finishReason }]
      send(response, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(counts) })
    },
  }
}

function usageOf({ promptTokens, completionTokens }) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

function note(id, { promptTokens, completionTokens, margin }, body, aborted) {
  if (values.counts === undefined) return
  const line = { id, promptTokens, completionTokens, margin, stream: body.stream === true, aborted }
  appendFileSync(values.counts, `${JSON.stringify(line)}\n`)
}

function sendModels(response) {
  const model = { id: MODEL, object: 'model', created: 0, owned_by: 'local' }
  send(response, 200, { object: 'list', data: [model] })
}

function refuse(response, status, message) {
  const type = status === 500 ? 'server_error' : 'invalid_request_error'
  if (response.headersSent) return response.destroy()
  send(response, status, { error: { message, type, param: null, code: null } })
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function readBody(request) {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
