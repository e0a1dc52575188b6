/** One server under one account: how a call of a dialect is sent to it, and what its refusals mean. */
import { serverError } from '../../tensors/server-error.ts'
import { TensorFault } from '../../tensors/tensor-fault.ts'
import {
  type HeaderList,
  headerValue,
  type OutboundRequest,
  type Transport,
  TransportError,
} from '../transport.ts'
import type { Answered, Joined } from './batcher.ts'
import type { TensorAnswer, TensorDialect } from './dialect.ts'
import { exchange } from './exchange.ts'
import { Refused } from './refused.ts'
import type { Row } from './row.ts'
import { rowAnswers } from './row-answers.ts'
import type { ServedModel } from './served-model.ts'

/** Where and as whom: what calls that are joined must have in common. */
export interface Server {
  network: Transport
  origin: string
  basePath: string
  /** The credential, and what the operator adds. */
  headers: HeaderList
  connectTimeoutMs: number
}

export function requestTo(
  server: Server,
  { method, path, headers, body }: Pick<OutboundRequest, 'method' | 'path' | 'headers' | 'body'>,
): OutboundRequest {
  return {
    method,
    origin: server.origin,
    path: server.basePath + path,
    headers: [...server.headers, ...headers, 'accept-encoding', 'identity'],
    body,
    connectTimeoutMs: server.connectTimeoutMs,
  }
}

/** Rows in one call. Its answer rejects with Refused or TransportError. @throws Refused */
export function askRows(
  server: Server,
  dialect: TensorDialect,
  model: ServedModel,
  rows: readonly Row[],
): Joined<Row> {
  const call = requestedBy(() => dialect.ask(model, rows))
  const asked = exchange(server.network, requestTo(server, { method: 'POST', ...call }))
  return {
    items: rows,
    answer: asked.answer.then((answer) => readRows(answer, dialect, model, rows.length)),
    abort: () => asked.abort(),
    get sent() {
      return asked.sent
    },
  }
}

/** @throws Refused with OpenAI's words for what the server said */
export function requireAnswered({ status, headers, body }: TensorAnswer): void {
  if (status >= 200 && status < 300) return
  throw refusalOf(status, headers, body)
}

export function refusalOf(status: number, headers: HeaderList, body: Uint8Array): Refused {
  const error = serverError(status, body)
  return new Refused(error.status, error.message, { retryAfter: headerValue(headers, 'retry-after') })
}

function readRows(answer: TensorAnswer, dialect: TensorDialect, model: ServedModel, count: number): Answered {
  requireAnswered(answer)
  return answeredBy(() => {
    const { tensors, tokens } = dialect.read(model, answer)
    return { rows: rowAnswers(tensors, model.outputs, count), tokens }
  })
}

/** What cannot be asked is the caller's to mend. @throws Refused */
function requestedBy<Result>(ask: () => Result): Result {
  try {
    return ask()
  } catch (error) {
    if (error instanceof TensorFault)
      throw new Refused(400, `This request does not fit the model: ${error.message}.`)
    throw error
  }
}

/** What cannot be read is the server's. @throws TransportError */
export function answeredBy<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof TensorFault) throw new TransportError('malformed', error.message)
    throw error
  }
}
