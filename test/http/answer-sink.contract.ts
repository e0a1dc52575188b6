/** What every adapter of `AnswerSink` must do; each adapter's test brings its own caller. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnswerSink } from '../../src/gateway/answer-sink.ts'

const MORE_THAN_BUFFERS = 32 << 20

/** One exchange: the sink under test, and the caller at its other end. */
export interface SinkExchange {
  sink: AnswerSink
  /** Resolves with the head of the answer; its body is read by `rest`. */
  head(): Promise<{ status: number; header(name: string): string | null }>
  /** Reads the body to its end. Rejects where it broke off. */
  rest(): Promise<Uint8Array>
  /** Ends the exchange from the caller's side. */
  leave(): Promise<void>
  dispose(): Promise<void>
}

export function answerSinkContract(name: string, open: () => Promise<SinkExchange>): void {
  describe(`${name}: the contract of AnswerSink`, () => {
    let exchange: SinkExchange
    let sink: AnswerSink

    beforeEach(async () => {
      exchange = await open()
      sink = exchange.sink
    })

    afterEach(() => exchange.dispose())

    test('begin sends status and headers, before any byte of the body', async () => {
      expect(sink.begun).toBe(false)
      sink.begin(418, ['content-type', 'text/plain', 'X-Twice', 'one', 'x-twice', 'two'])
      expect(sink.begun).toBe(true)
      sink.write(bytes('short'))
      const head = await exchange.head()
      expect(head.status).toBe(418)
      expect(head.header('content-type')).toBe('text/plain')
      expect(head.header('x-twice')).toBe('one, two')
      sink.end()
      expect(text(await exchange.rest())).toBe('short')
    })

    test('begin may come once only', () => {
      sink.begin(200, [])
      expect(() => sink.begin(200, [])).toThrow()
      sink.end()
    })

    test('write keeps the order and the bytes, whatever their sizes', async () => {
      const pieces = Array.from({ length: 200 }, (_, index) => new Uint8Array((index * 37) % 301).fill(index))
      sink.begin(200, [])
      for (const piece of pieces) sink.write(piece)
      sink.end()
      await exchange.head()
      expect(Buffer.from(await exchange.rest()).equals(Buffer.concat(pieces))).toBe(true)
    })

    test('write says false to a caller that reads too slowly, and drained calls back once', async () => {
      sink.begin(200, [])
      const written = fill(sink)
      let drains = 0
      const drained = new Promise<void>((resolve) => {
        sink.drained(() => {
          drains++
          resolve()
        })
      })
      await turn()
      expect(drains).toBe(0)
      await exchange.head()
      const rest = exchange.rest()
      await drained
      sink.write(bytes('more'))
      sink.end()
      expect((await rest).byteLength).toBe(written + 4)
      expect(drains).toBe(1)
    })

    test('end without a body is an answer too', async () => {
      sink.begin(200, ['content-length', '0'])
      sink.end()
      await exchange.head()
      expect((await exchange.rest()).byteLength).toBe(0)
    })

    test('fail is no end that a caller could take for clean', async () => {
      sink.begin(200, [])
      sink.write(bytes('half of it'))
      await exchange.head()
      const rest = exchange.rest().then(
        () => 'whole',
        () => 'broken off',
      )
      await turn()
      sink.fail()
      expect(await rest).toBe('broken off')
    })

    test('departed calls back once where the caller leaves in the middle', async () => {
      const departures = counting(sink)
      sink.begin(200, [])
      sink.write(bytes('half of it'))
      await exchange.head()
      await exchange.leave()
      await departures.first
      await turn()
      expect(departures.count()).toBe(1)
    })

    test('departed calls back where the caller leaves before the head', async () => {
      const departures = counting(sink)
      await exchange.leave()
      await departures.first
      expect(departures.count()).toBe(1)
    })

    test('departed calls back at once where the caller has left already', async () => {
      const gone = counting(sink)
      await exchange.leave()
      await gone.first
      expect(counting(sink).count()).toBe(1)
    })

    test('departed stays silent after a whole answer', async () => {
      const departures = counting(sink)
      sink.begin(200, [])
      sink.write(bytes('all of it'))
      sink.end()
      await exchange.head()
      await exchange.rest()
      await exchange.leave()
      await turn()
      expect(departures.count()).toBe(0)
      expect(counting(sink).count()).toBe(0)
    })

    test('departed stays silent where it was us who broke off', async () => {
      const departures = counting(sink)
      sink.begin(200, [])
      sink.write(bytes('half of it'))
      await exchange.head()
      sink.fail()
      await exchange.rest().catch(() => undefined)
      await turn()
      expect(departures.count()).toBe(0)
    })

    test('write after the caller left does no harm', async () => {
      const departures = counting(sink)
      sink.begin(200, [])
      sink.write(bytes('half of it'))
      await exchange.head()
      await exchange.leave()
      await departures.first
      expect(() => {
        sink.write(bytes('the rest'))
        sink.end()
        sink.fail()
      }).not.toThrow()
    })
  })
}

/** Writes more than any socket buffers; returns how many bytes. */
function fill(sink: AnswerSink): number {
  const piece = new Uint8Array(1 << 20)
  let writable = true
  for (let written = 0; written < MORE_THAN_BUFFERS; written += piece.byteLength) writable = sink.write(piece)
  expect(writable).toBe(false)
  return MORE_THAN_BUFFERS
}

function counting(sink: AnswerSink): { first: Promise<void>; count(): number } {
  let count = 0
  const first = new Promise<void>((resolve) => {
    sink.departed(() => {
      count++
      resolve()
    })
  })
  return { first, count: () => count }
}

/** Lets everything that is due happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30))
}

function bytes(of: string): Uint8Array {
  return new TextEncoder().encode(of)
}

function text(of: Uint8Array): string {
  return new TextDecoder().decode(of)
}
