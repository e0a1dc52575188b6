/** One line a request: what it was, where it went, what it cost; and one a call of the admin API. Nothing of what was said. */
import type { AdminCall, EndedRequest, Observer, RefusedRequest } from '../../gateway/observer.ts'
import type { JsonLog } from './json-log.ts'

/** For a terminal. */
export function plainAccessLog(line: (text: string) => void): Observer {
  return {
    requestBegan: () => {},
    attemptEnded: () => {},
    requestEnded: (request) => line(printable(accessLine(request))),
    requestRefused: (request) => line(printable(refusalLine(request))),
    adminAnswered: (call) => line(printable(adminLine(call))),
  }
}

export function jsonAccessLog(log: JsonLog): Observer {
  return {
    requestBegan: () => {},
    attemptEnded: () => {},
    requestEnded: (request) => log.write(accessMembers(request), 'request'),
    requestRefused: ({ id, endpoint, status, error }) =>
      log.write({ request_id: id, endpoint, status, error }, 'request'),
    adminAnswered: ({ method, path, status, totalMs }) =>
      log.write({ method, path, status, total_ms: rounded(totalMs) }, 'admin'),
  }
}

/** `12:03:04  200  support/answer  openai/gpt-5.5  1204+88 tok  $0.00031  842 ms  bypass  req_…` */
function accessLine(request: EndedRequest): string {
  const { workflow, step, last, costNanoUsd, error, attempts } = request
  return [
    clock(request.at + request.totalMs),
    String(request.status),
    step === undefined ? workflow : `${workflow}/${step}`,
    last === undefined ? '-' : `${last.provider}/${last.model}`,
    `${request.inputTokens}+${request.outputTokens} tok`,
    costNanoUsd === undefined ? '$?' : `$${decimal(costNanoUsd / 1e9)}`,
    `${Math.round(request.totalMs)} ms`,
    request.cache,
    request.id,
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(error === undefined ? [] : [error]),
  ].join('  ')
}

function refusalLine({ at, status, endpoint, error, id }: RefusedRequest): string {
  return [clock(at), String(status), endpoint, error, id].join('  ')
}

function adminLine({ at, status, method, path, totalMs }: AdminCall): string {
  return [clock(at + totalMs), String(status), `${method} ${path}`, `${Math.round(totalMs)} ms`].join('  ')
}

function accessMembers(request: EndedRequest): Record<string, unknown> {
  const { last, costNanoUsd, firstChunkMs } = request
  return {
    request_id: request.id,
    trace_id: request.span?.traceId,
    endpoint: request.endpoint,
    workflow: request.workflow,
    step: request.step,
    provider: last?.provider,
    model: last?.model,
    tier: request.tier,
    status: request.status,
    error: request.error,
    stream: request.stream,
    cache: request.cache,
    attempts: request.attempts,
    input_tokens: request.inputTokens,
    output_tokens: request.outputTokens,
    cost_usd: costNanoUsd === undefined ? null : costNanoUsd / 1e9,
    first_chunk_ms: firstChunkMs === undefined ? null : rounded(firstChunkMs),
    total_ms: rounded(request.totalMs),
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}

/** Never in scientific notation. */
function decimal(usd: number): string {
  return usd.toFixed(6).replace(/0{1,4}$/, '')
}

function clock(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** Callers choose some of these names, and a terminal obeys control characters. */
function printable(line: string): string {
  return line.replace(/[^\x20-\x7e\u00a1-\u{10ffff}]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/gu, '?')
}
