/** The batcher of each model at each server, as long as calls are under way or wait. */
import { type HeaderList, TransportError } from '../transport.ts'
import { type Answered, Batcher, type Piece, type Waiting } from './batcher.ts'
import type { TensorDialect } from './dialect.ts'
import { rowForm } from './input-tensors.ts'
import { Refused } from './refused.ts'
import type { Row } from './row.ts'
import { hasRows, type ServedModel } from './served-model.ts'
import { askRows, type Server } from './server.ts'

/** Statuses after which each call of a batch is asked for itself: one of them may be what the server refused. */
const MAY_BE_ONES = new Set([400, 413, 422, 500])

export class Batchers {
  readonly #dialect: TensorDialect
  readonly #batchers = new Map<string, Batcher<Row>>()

  constructor(dialect: TensorDialect) {
    this.#dialect = dialect
  }

  /** Its answer rejects with Refused or TransportError. @throws Refused */
  ask(server: Server, model: ServedModel, piece: Piece<Row>): Waiting {
    const { batch } = model
    if (batch === undefined || !hasRows(model)) return this.#alone(server, model, piece)
    const shared = { ...server, headers: withoutTrace(server.headers) }
    const key = this.#key(shared, model, piece.items[0] as Row)
    const batcher = this.#batchers.get(key) ?? this.#open(key, shared, model, batch)
    const waiting = batcher.add(piece)
    const forget = (): void => {
      if (batcher.isIdle && this.#batchers.get(key) === batcher) this.#batchers.delete(key)
    }
    // Later, when the batcher knows that the call has ended.
    waiting.answer.then(forget, forget).then(() => setTimeout(forget, 0))
    return waiting
  }

  #alone(server: Server, model: ServedModel, { items }: Piece<Row>): Waiting {
    const call = askRows(server, this.#dialect, model, items)
    return {
      answer: call.answer as Promise<Answered>,
      leave: () => call.abort(),
      get sent() {
        return call.sent
      },
    }
  }

  #open(
    key: string,
    server: Server,
    model: ServedModel,
    limits: NonNullable<ServedModel['batch']>,
  ): Batcher<Row> {
    const batcher = new Batcher<Row>({
      limits,
      ask: (rows) => askRows(server, this.#dialect, model, rows),
      mayBeOnes,
    })
    this.#batchers.set(key, batcher)
    return batcher
  }

  /** Nobody's credential carries another's rows. */
  #key({ origin, basePath, headers }: Server, model: ServedModel, row: Row): string {
    return JSON.stringify([
      origin,
      basePath,
      headers,
      model.name,
      rowForm(model, row),
      this.#dialect.shared?.(row) ?? '',
    ])
  }
}

/** One row that is no number may spoil a whole tensor, such as `NaN` among lists of numbers. */
function mayBeOnes(error: unknown): boolean {
  if (error instanceof TransportError) return error.fault === 'malformed'
  return error instanceof Refused && MAY_BE_ONES.has(error.status)
}

/** A call of several requests is part of no one's trace. */
function withoutTrace(headers: HeaderList): HeaderList {
  return headers.filter((_, index) => !/^trace(?:parent|state)$/.test(headers[index - (index % 2)] as string))
}
