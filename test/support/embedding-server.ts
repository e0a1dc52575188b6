/** A server that embeds for real and speaks the real protocols: OpenAI's `/v1/embeddings`, and TEI's `/embed`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Embedder } from '../../src/embedding/embedder.ts'

const KEY = 'sk-embedding-0123456789'
/** TEI's default. */
const MOST_TEI_INPUTS = 32

export interface EmbeddingServer {
  origin: string
  key: string
  /** Bodies of the requests that came, newest last. */
  asked: { path: string; body: Record<string, unknown> }[]
  /** From now on it answers so; undefined: as it should. */
  misbehave(how: ((response: ServerResponse) => void) | undefined): void
  close(): Promise<void>
}

export interface ServerHabits {
  /** Numbers, as servers answer that know no base64; and in another order than asked. */
  ignoresBase64?: boolean
}

export async function startEmbeddingServer(
  embedder: () => Embedder,
  habits: ServerHabits = {},
): Promise<EmbeddingServer> {
  let fault: ((response: ServerResponse) => void) | undefined
  const asked: EmbeddingServer['asked'] = []
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    asked.push({ path: request.url ?? '', body })
    if (fault !== undefined) return fault(response)
    const { status, value } = await answerTo(request, body, embedder(), habits)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: KEY,
    asked,
    misbehave: (how) => {
      fault = how
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  status: number
  value: unknown
}

async function answerTo(
  request: IncomingMessage,
  body: Record<string, unknown>,
  embedder: Embedder,
  habits: ServerHabits,
): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${KEY}`) return failed(401, 'Incorrect API key provided.')
  if (request.url === '/embed') return tei(body, embedder)
  if (request.url !== '/v1/embeddings') return failed(404, 'Not Found')
  if (body.model !== 'minilm') return failed(404, `The model ${body.model} does not exist.`)
  if (body.dimensions !== undefined) return failed(400, 'This model does not support specifying dimensions.')
  const texts = body.input as string[]
  const vectors = await embedder.embed(texts)
  const base64 = body.encoding_format === 'base64' && !habits.ignoresBase64
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: base64
      ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
      : [...vector],
  }))
  if (habits.ignoresBase64) data.reverse()
  return {
    status: 200,
    value: { object: 'list', data, model: 'minilm', usage: { prompt_tokens: 1, total_tokens: 1 } },
  }
}

async function tei(body: Record<string, unknown>, embedder: Embedder): Promise<Answer> {
  const texts = body.inputs as string[]
  if (texts.length > MOST_TEI_INPUTS) {
    const error = `batch size ${texts.length} > maximum allowed batch size ${MOST_TEI_INPUTS}`
    return { status: 422, value: { error, error_type: 'Validation' } }
  }
  return { status: 200, value: (await embedder.embed(texts)).map((vector) => [...vector]) }
}

function failed(status: number, message: string): Answer {
  return { status, value: { error: { message, type: 'invalid_request_error', param: null, code: null } } }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
}
