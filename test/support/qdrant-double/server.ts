/**
 * A server that answers as Qdrant does, for where there is none: it stores, filters and searches, and holds every request
 * and every answer of its own to Qdrant's OpenAPI description. It can stall, refuse, talk garbage, be slow, or ignore
 * filters.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OPERATIONS, Refused } from './operations.ts'
import { faultOf, operationOf, unknownQuery } from './spec-check.ts'
import type { Collection } from './store.ts'

export type Mode = 'well' | 'stall' | 'refuse' | 'garbage' | 'nonsense' | 'slow' | 'ignore-filters'

export interface QdrantDouble {
  url: string
  mode: Mode
  /** By which each request in mode `slow` is late. */
  slowMs: number
  readonly collections: Map<string, Collection>
  /** `METHOD path` of each, in their order. */
  readonly requests: string[]
  /** What did not fit the description; a test is wrong if there is any. */
  readonly faults: string[]
  close(): Promise<void>
}

export async function startQdrantDouble(apiKey?: string): Promise<QdrantDouble> {
  const double: Omit<QdrantDouble, 'url' | 'close'> = {
    mode: 'well',
    slowMs: 20,
    collections: new Map(),
    requests: [],
    faults: [],
  }
  const server = createServer((request, response) => void answer(double, apiKey, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(double, { url: `http://127.0.0.1:${port}`, close: () => closed(server) })
}

async function answer(
  double: Omit<QdrantDouble, 'url' | 'close'>,
  apiKey: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? ''
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://qdrant')
  double.requests.push(`${method} ${pathname}`)
  const text = await bodyOf(request)
  if (double.mode === 'stall') return
  if (double.mode === 'refuse') return void request.socket.destroy()
  if (double.mode === 'garbage') return send(response, 200, '<html>not Qdrant</html>')
  if (double.mode === 'nonsense')
    return send(response, 200, '{"result":{"points":[{"id":7,"score":"high"}, null]}}')
  if (double.mode === 'slow') await new Promise((resolve) => setTimeout(resolve, double.slowMs))
  if (apiKey !== undefined && request.headers['api-key'] !== apiKey) {
    return send(response, 401, 'Must provide an API key or an Authorization bearer token')
  }
  const operation = operationOf(method, pathname)
  if (operation === undefined) {
    double.faults.push(`${method} ${pathname} is not in the description`)
    return send(response, 404, '')
  }
  const { template } = operation
  const body = text === '' ? undefined : JSON.parse(text)
  const unknown = unknownQuery(method, template, searchParams.keys())
  const fault =
    faultOf(method, template, 'request', body) ?? (unknown[0] && `${template}: unknown query ${unknown[0]}`)
  if (fault !== undefined) double.faults.push(fault)
  const { status, told } = perform(double, `${method} ${template}`, operation.collection, body ?? {})
  const wrong = faultOf(method, template, status === 200 ? 'response' : 'error', told)
  if (wrong !== undefined) double.faults.push(wrong)
  send(response, fault === undefined ? status : 400, JSON.stringify(told))
}

function perform(
  { collections, mode }: Pick<QdrantDouble, 'collections' | 'mode'>,
  operation: string,
  name: string,
  body: Record<string, unknown>,
): { status: number; told: unknown } {
  try {
    const result = OPERATIONS[operation]?.({
      collections,
      name,
      body,
      ignoreFilters: mode === 'ignore-filters',
    })
    return { status: 200, told: { result, status: 'ok', time: 0.001 } }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { status: error.status, told: { status: { error: error.message }, time: 0.001 } }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
