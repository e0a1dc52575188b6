/** A request's rows, cut into calls that a model takes, asked some at a time, and put together again. */
import type { Answered, Piece, Waiting } from './batcher.ts'
import type { Row, RowValue } from './row.ts'
import { hasRows, type ServedModel } from './served-model.ts'

/** More would keep other requests from the server. */
const MOST_AT_ONCE = 4

export interface Pieces {
  answer: Promise<Answered>
  leave(): void
  readonly sent: boolean
}

export function askPieces(
  rows: readonly Row[],
  model: ServedModel,
  ask: (piece: Piece<Row>) => Waiting,
): Pieces {
  const under = new Set<Waiting>()
  let hasSent = false
  let hasLeft = false
  const pieces = cut(rows, model)
  const answers: Answered[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < pieces.length && !hasLeft) {
      const index = next++
      const waiting = ask(pieces[index] as Piece<Row>)
      under.add(waiting)
      try {
        answers[index] = await waiting.answer
      } finally {
        hasSent ||= waiting.sent
        under.delete(waiting)
      }
    }
  }
  const leave = (): void => {
    hasLeft = true
    for (const waiting of under) waiting.leave()
  }
  const workers = Array.from({ length: Math.min(MOST_AT_ONCE, pieces.length) }, work)
  const answer = Promise.all(workers).then(
    () => together(answers),
    (error) => {
      // The rest is of no use to anybody.
      leave()
      throw error
    },
  )
  return {
    answer,
    leave,
    get sent() {
      return hasSent || [...under].some(({ sent }) => sent)
    },
  }
}

function cut(rows: readonly Row[], model: ServedModel): Piece<Row>[] {
  const most = hasRows(model) ? Math.min(model.maxRows, model.batch?.maxRows ?? model.maxRows) : 1
  const mostBytes = model.batch?.maxBytes ?? Number.POSITIVE_INFINITY
  const pieces: { items: Row[]; bytes: number }[] = []
  for (const row of rows) {
    const bytes = Object.values(row).reduce<number>((sum, value) => sum + bytesOf(value), 0)
    const last = pieces.at(-1)
    if (last !== undefined && last.items.length < most && last.bytes + bytes <= mostBytes) {
      last.items.push(row)
      last.bytes += bytes
    } else pieces.push({ items: [row], bytes })
  }
  return pieces
}

/** In UTF-16's units for a text, which is near enough for a bound and a share. */
function bytesOf(value: RowValue | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array || value instanceof Float32Array) return value.byteLength
  return Array.isArray(value) ? value.reduce<number>((sum, inner) => sum + bytesOf(inner), 0) : 8
}

function together(answers: readonly Answered[]): Answered {
  const isCounted = answers.every(({ tokens }) => tokens !== undefined)
  return {
    rows: answers.flatMap(({ rows }) => rows),
    tokens: isCounted ? answers.reduce((sum, { tokens = 0 }) => sum + tokens, 0) : undefined,
  }
}
