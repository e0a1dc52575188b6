/** A caller that notes all it hears, a broken connection too, and that can read slowly or leave. */
import { createHash } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'

export interface Heard {
  /** 0 where no status line came. */
  status: number
  headers: IncomingMessage['headers']
  /** The answer, or its first and last mebibyte where it is longer. */
  text: string
  length: number
  sha256: string
  /** `broken`: the connection ended before the answer did. */
  end: 'whole' | 'broken'
  /** When it was asked, in Unix milliseconds. */
  fromMs: number
  ms: number
}

export interface AskOptions {
  path?: string
  method?: string
  /** An undefined one is left out, `content-length` too. */
  headers?: OutgoingHttpHeaders
  /** Reads nothing for so long after the headers came. */
  pauseMs?: number
  /** Told of the first piece of the answer. */
  onFirstBytes?: () => void
}

export interface Asking {
  heard: Promise<Heard>
  /** Leaves without waiting for the answer. */
  leave(): void
}

const KEPT_BYTES = 1 << 20

/** One connection a request, so that no caller's fate is another's. */
export function startAsking(origin: string, body: unknown, options: AskOptions = {}): Asking {
  const startedAt = performance.now()
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
  const request = httpRequest(`${origin}${options.path ?? '/v1/chat/completions'}`, {
    method: options.method ?? 'POST',
    agent: new Agent({ keepAlive: false }),
    headers: withoutUndefined({
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      ...options.headers,
    }),
  })
  const heard = new Promise<Heard>((resolve) => {
    const collected = collector()
    let answer: IncomingMessage | undefined
    const finish = (end: Heard['end']) => {
      const { statusCode: status = 0, headers = {} } = answer ?? {}
      const times = { fromMs: performance.timeOrigin + startedAt, ms: performance.now() - startedAt }
      resolve({ status, headers, ...collected.read(), end, ...times })
    }
    request.on('response', (response) => {
      answer = response
      const read = () => {
        response.on('data', (piece: Buffer) => {
          if (collected.add(piece)) options.onFirstBytes?.()
        })
      }
      if (options.pauseMs === undefined) read()
      else setTimeout(read, options.pauseMs)
      response.on('error', () => {})
      response.on('close', () => finish(response.complete ? 'whole' : 'broken'))
    })
    request.on('error', () => {
      if (!answer) finish('broken')
    })
  })
  request.end(bytes)
  return { heard, leave: () => void request.destroy() }
}

export function ask(origin: string, body: unknown, options?: AskOptions): Promise<Heard> {
  return startAsking(origin, body, options).heard
}

/** A chat request that says little. */
export function chat(model: string, more: Readonly<Record<string, unknown>> = {}) {
  return { model, messages: [{ role: 'user', content: 'Which way does the rudder turn?' }], ...more }
}

/** The `data` of a stream's events. */
export function eventsOf({ text }: Pick<Heard, 'text'>): string[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice(6))
}

/** The content of choice `index`, of a stream or of a JSON answer. */
export function contentOf({ text, headers }: Heard, index = 0): string {
  const stream = headers['content-type']?.startsWith('text/event-stream') === true
  const chunks = stream ? eventsOf({ text }).filter((data) => data !== '[DONE]') : [text]
  return chunks
    .flatMap((data) => (JSON.parse(data) as ChatChunk).choices ?? [])
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta?.content ?? choice.message?.content ?? '')
    .join('')
}

export function errorOf({ text }: Pick<Heard, 'text'>): {
  message: string
  type: string
  code: string | null
} {
  return (JSON.parse(text) as { error: { message: string; type: string; code: string | null } }).error
}

function withoutUndefined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
}

interface ChatChunk {
  choices?: { index: number; delta?: { content?: string }; message?: { content?: string } }[]
}

function collector() {
  const hash = createHash('sha256')
  const first: Buffer[] = []
  let last = Buffer.alloc(0)
  let length = 0
  return {
    /** True for the first piece. */
    add(piece: Buffer): boolean {
      hash.update(piece)
      if (length < KEPT_BYTES) first.push(piece)
      else last = Buffer.concat([last, piece]).subarray(-KEPT_BYTES)
      length += piece.length
      return length === piece.length
    },
    read: () => ({
      text: Buffer.concat([...first, last]).toString(),
      length,
      sha256: hash.copy().digest('hex'),
    }),
  }
}
