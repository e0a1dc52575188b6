// One streamed chat request: when its first token came, how long it took, and how many tokens it had.
import { request } from 'node:http'

/**
 * Each request has a connection of its own, because llama.cpp's server closes them after a stream.
 * @returns `{ ok, status, firstMs, totalMs, chunkTimes, outputTokens, inputTokens, cachedTokens, text }`; times as
 * `performance.now()`; `cachedTokens` of the input, undefined where the server does not tell
 */
export function ask(origin, body, headers = {}) {
  const startedAt = performance.now()
  const seen = { ok: false, status: 0, startedAt, chunkTimes: [], outputTokens: 0, inputTokens: 0, text: '' }
  return new Promise((resolve) => {
    const finish = (fault) => {
      seen.fault = fault
      seen.ok = fault === undefined && seen.status === 200
      seen.totalMs = performance.now() - startedAt
      seen.firstMs = seen.chunkTimes.length > 0 ? seen.chunkTimes[0] - startedAt : seen.totalMs
      resolve(seen)
    }
    const call = request(`${origin}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    })
    call.once('error', (error) => finish(String(error)))
    call.once('response', (response) => {
      seen.status = response.statusCode
      seen.headers = response.headers
      const events = eventReader(seen)
      response.setEncoding('utf8')
      response.on('data', events)
      response.once('error', (error) => finish(String(error)))
      response.once('end', () => finish(seen.status === 200 ? undefined : seen.rest))
    })
    call.end(body)
  })
}

function eventReader(seen) {
  seen.rest = ''
  return (text) => {
    const events = `${seen.rest}${text}`.split('\n\n')
    seen.rest = events.pop()
    const now = performance.now()
    for (const event of events) {
      if (!event.startsWith('data: {')) continue
      const { usage, choices = [], error } = JSON.parse(event.slice(6))
      if (error) seen.status = 500
      const { content, reasoning_content: reasoning } = choices[0]?.delta ?? {}
      if (content || reasoning) seen.chunkTimes.push(now)
      seen.text += content ?? ''
      if (!usage) continue
      seen.outputTokens = usage.completion_tokens
      seen.inputTokens = usage.prompt_tokens
      seen.cachedTokens = usage.prompt_tokens_details?.cached_tokens
    }
  }
}

/** @param options further members of the body, such as `ignore_eos` */
export function chatBody(model, text, maxTokens, options = {}) {
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: text }],
    max_tokens: maxTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ...options,
  })
}
