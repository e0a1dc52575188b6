/** `trimtab requests [ID]`: the latest requests, or everything the ledger knows of one. */
import type { LedgerReader, RequestSummary } from '../metering/reports.ts'
import type { Output } from './output.ts'
import { requestCost } from './request-cost.ts'
import { requestText } from './request-text.ts'
import { parseInstant, parseLimit } from './since.ts'
import { type Column, milliseconds, textTable } from './table.ts'

/** Options as the command line gives them. */
export interface RequestsOptions {
  since?: string | undefined
  limit?: string | undefined
  follow?: boolean | undefined
  json?: boolean | undefined
}

export interface RequestsParts {
  reader: LedgerReader
  /** Unix milliseconds. */
  now: () => number
  /** Waits between two looks of `--follow`; resolves early where the signal aborts. */
  pause: (milliseconds: number) => Promise<void>
  /** Ends `--follow`. */
  signal: AbortSignal
}

const DEFAULT_LIMIT = '20'
const FOLLOW_MS = 1000
const FOLLOW_LIMIT = 10_000
/** A request that is still under way after this long is no longer waited for. */
const FOLLOW_WINDOW_MS = 15 * 60 * 1000

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'left' },
  { title: 'at (UTC)', align: 'left' },
  { title: 'workflow', align: 'left' },
  { title: 'step', align: 'left' },
  { title: 'model', align: 'left' },
  { title: 'status', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'time', align: 'right' },
]

/** Prints requests, the newest first. Returns the exit code: 1 where an option is wrong or no request has the id. */
export async function requestsCommand(
  id: string | undefined,
  options: RequestsOptions,
  parts: RequestsParts,
  output: Output,
): Promise<number> {
  if (id !== undefined) return oneRequest(id, options, parts, output)
  const now = parts.now()
  const since = options.since === undefined ? undefined : parseInstant('--since', options.since, now)
  const limit = parseLimit(options.limit ?? DEFAULT_LIMIT)
  if (since?.kind === 'problem') output.error(since.message)
  if (limit.kind === 'problem') output.error(limit.message)
  if (since?.kind === 'problem' || limit.kind === 'problem') return 1
  if (options.follow) return follow(since?.value ?? now, options, parts, output)
  const requests = await parts.reader.requests({ since: since?.value ?? 0, limit: limit.value })
  if (options.json) output.out(JSON.stringify({ requests }, null, 2))
  else if (requests.length === 0) output.out('No request is in the ledger for this period.')
  else output.out(textTable(COLUMNS, requests.map(cells)))
  return 0
}

async function oneRequest(
  id: string,
  { json }: RequestsOptions,
  { reader }: RequestsParts,
  output: Output,
): Promise<number> {
  const request = await reader.request(id)
  if (request === undefined) {
    output.error(
      `No request ${JSON.stringify(id)} is in the ledger: \`trimtab requests\` lists the latest ids.`,
    )
    return 1
  }
  output.out(json ? JSON.stringify(request, null, 2) : requestText(request))
  return 0
}

/** Prints every request once it has ended, the oldest first; with `--json` one object a line. */
async function follow(
  since: number,
  { json }: RequestsOptions,
  { reader, now, pause, signal }: RequestsParts,
  output: Output,
): Promise<number> {
  const printed = new Set<string>()
  while (!signal.aborted) {
    const from = Math.max(since, now() - FOLLOW_WINDOW_MS)
    const requests = await reader.requests({ since: from, limit: FOLLOW_LIMIT })
    for (const request of requests.toReversed()) {
      if (request.status === null || printed.has(request.id)) continue
      printed.add(request.id)
      output.out(json ? JSON.stringify(request) : cells(request).join('  '))
    }
    forgetBefore(printed, requests)
    await pause(FOLLOW_MS)
  }
  return 0
}

/** Keeps the memory of a long `--follow` as small as its window. */
function forgetBefore(printed: Set<string>, window: readonly RequestSummary[]): void {
  const ids = new Set(window.map(({ id }) => id))
  for (const id of printed) if (!ids.has(id)) printed.delete(id)
}

function cells(request: RequestSummary): readonly string[] {
  const last = request.attempts.at(-1)
  const tokens = Object.values(request.tokens).reduce((sum, count) => sum + count, 0)
  return [
    request.id,
    request.at.slice(0, 19).replace('T', ' '),
    request.workflow,
    request.step ?? '–',
    last === undefined ? (request.model_asked ?? '–') : `${last.provider}/${last.model}`,
    status(request),
    tokens.toLocaleString('en-US'),
    cost(request),
    milliseconds(request.total_ms),
  ]
}

/** A stream that broke has begun with the status of a good one. */
function status({ status, error }: RequestSummary): string {
  if (status === null) return 'open'
  return error !== null && status < 400 ? `${status} cut` : String(status)
}

function cost(request: RequestSummary): string {
  return request.cost_usd === null && request.status === null ? '–' : requestCost(request)
}
