import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../src/errors.ts'
import { EventScanner, type StreamEvent } from '../../src/openai/event-scanner.ts'
import { streamFixtures } from './stream-fixtures.ts'

describe('EventScanner', () => {
  it.each(streamFixtures())(
    'cuts %s into the same events wherever its bytes are split',
    (_name, bytes, expected) => {
      const whole = scan([bytes])
      const differing: number[] = []
      for (let at = 1; at < bytes.length; at++) {
        const split = scan([bytes.subarray(0, at), bytes.subarray(at)])
        if (!same(split, whole)) differing.push(at)
      }
      expect(differing).toEqual([])
      expect(same(scan(drip(bytes)), whole)).toBe(true)
      expect(joined(whole)).toEqual(Buffer.from(bytes))
      expect(whole.rest.length > 0).toBe(expected.rest === true)
    },
  )

  it('keeps every byte of any input in any split', () => {
    const piece = fc.constantFrom(
      'data: ',
      'data:x',
      'event: e',
      ': c',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      'é',
      '\uFEFF',
      ':',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (pieces, cuts) => {
          const bytes = new TextEncoder().encode(pieces.join(''))
          const scanned = scan(cut(bytes, cuts))
          expect(joined(scanned)).toEqual(Buffer.from(bytes))
          expect(dataOf(scanned)).toEqual(dispatched(pieces.join(''), scanned.rest.length))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('hands an event out as a view of its chunk, so that neighbours can be forwarded as one', () => {
    const chunk = new TextEncoder().encode('data: a\n\ndata: b\n\ndata: c')
    const events = new EventScanner().push(chunk)
    expect(events.map((event) => event.bytes.buffer === chunk.buffer)).toEqual([true, true])
    expect(events.map((event) => event.bytes.byteOffset)).toEqual([0, 9])
  })

  it.each([
    ['joins data lines with LF', 'data: a\ndata: b\ndata\n\n', [{ data: 'a\nb\n', event: undefined }]],
    [
      'takes one space off a value',
      'data:  a\n\ndata:b\n\n',
      [
        { data: ' a', event: undefined },
        { data: 'b', event: undefined },
      ],
    ],
    ['names the event', 'event: error\r\ndata: {}\r\n\r\n', [{ data: '{}', event: 'error' }]],
    ['has no data for comments', ': OPENROUTER PROCESSING\n\n', [{ data: undefined, event: undefined }]],
    ['ignores unknown fields', 'id: 1\nretry: 5\nfoo: x\ndata: y\n\n', [{ data: 'y', event: undefined }]],
    ['reads past a byte-order mark', '\uFEFFdata: a\n\n', [{ data: 'a', event: undefined }]],
    ['gives empty data as an empty text', 'data:\n\n', [{ data: '', event: undefined }]],
  ])('%s', (_name, text, expected) => {
    const events = new EventScanner().push(new TextEncoder().encode(text))
    expect(events.map(({ data, event }) => ({ data, event }))).toEqual(expected)
  })

  it('waits for the LF of a CRLF that was split, and not in a stream of bare CRs', () => {
    const encoder = new TextEncoder()
    const crlf = new EventScanner()
    expect(crlf.push(encoder.encode('data: [DONE]\r\n\r'))).toEqual([])
    expect(crlf.push(encoder.encode('\n')).map((event) => event.bytes.length)).toEqual([16])
    expect(new EventScanner().push(encoder.encode('data: [DONE]\r\r'))).toHaveLength(1)
  })

  it('refuses an event beyond its bound, however slowly it grows', () => {
    const scanner = new EventScanner({ maxEventBytes: 100 })
    scanner.push(new Uint8Array(100).fill(0x61))
    expect(() => scanner.push(new Uint8Array(1).fill(0x61))).toThrow(Failure)
  })

  it('holds a dripped event of a megabyte in linear work', () => {
    const scanner = new EventScanner()
    const byte = new Uint8Array([0x61])
    for (let count = 0; count < 1_000_000; count++) scanner.push(byte)
    expect(scanner.push(new Uint8Array([0x0a, 0x0a]))[0]?.bytes.length).toBe(1_000_002)
  })
})

interface Scanned {
  events: StreamEvent[]
  rest: Uint8Array
}

function scan(chunks: readonly Uint8Array[]): Scanned {
  const scanner = new EventScanner()
  const events = chunks.flatMap((chunk) => scanner.push(chunk))
  return { events, rest: scanner.rest() }
}

function same(one: Scanned, other: Scanned): boolean {
  return (
    one.events.length === other.events.length &&
    one.events.every((event, index) => {
      const twin = other.events[index]
      return (
        twin !== undefined &&
        event.data === twin.data &&
        event.event === twin.event &&
        Buffer.compare(event.bytes, twin.bytes) === 0
      )
    }) &&
    Buffer.compare(one.rest, other.rest) === 0
  )
}

function joined({ events, rest }: Scanned): Buffer {
  return Buffer.concat([...events.map((event) => event.bytes), rest])
}

function dataOf({ events }: Scanned): string[] {
  return events.flatMap((event) => (event.data === undefined ? [] : [event.data]))
}

function drip(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

/** What a plain reading of the standard gives for the text before the unfinished event. */
function dispatched(text: string, restLength: number): string[] {
  const bytes = new TextEncoder().encode(text)
  const whole = new TextDecoder().decode(bytes.subarray(0, bytes.length - restLength))
  const found: string[] = []
  let data: string[] = []
  for (const line of whole.split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (data.length > 0) found.push(data.join('\n'))
      data = []
    } else if (line === 'data' || line.startsWith('data:')) {
      data.push(line.slice(5).replace(/^ /, ''))
    }
  }
  return found
}
