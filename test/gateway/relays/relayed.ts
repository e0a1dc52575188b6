/** What a stream relay makes of a provider's pieces, with a host that only listens. */
import type { AnswerSink } from '../../../src/gateway/answer-sink.ts'
import type { Fault } from '../../../src/gateway/fault.ts'
import { wireOf } from '../../../src/gateway/relays/answer-wire.ts'
import type { AnswerEnd, RelayHost } from '../../../src/gateway/relays/relay.ts'
import type { StreamExpectation } from '../../../src/gateway/relays/stream-expectation.ts'
import { StreamRelay } from '../../../src/gateway/relays/stream-relay.ts'

const encoder = new TextEncoder()

interface Heard {
  text: string
  ended: AnswerEnd | undefined
  released: number
  sinkEnds: number
}

export function relayed(
  pieces: readonly Uint8Array[],
  more: Partial<StreamExpectation> = {},
  { end = true, movesOn = false }: { end?: boolean; movesOn?: boolean } = {},
): Heard {
  const host = new FakeHost(movesOn)
  const wire = wireOf('chat/completions')
  const expected = {
    wantsUsage: true,
    choices: 1,
    release: { kind: 'first_content' } as const,
    wire,
    callersWire: wire,
    conversion: undefined,
    kept: undefined,
    ...more,
  }
  const relay = new StreamRelay(host, expected)
  for (const piece of pieces) relay.chunk(piece)
  if (end) relay.end()
  return host.heard()
}

export function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.filter((at) => at < bytes.length), bytes.length].sort((one, other) => one - other)
  return ends
    .map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0)
}

/** Of all that must not depend on where the network cuts. */
export function summary({ text, ended, released, sinkEnds }: Heard): string {
  const seen = ended && 'seen' in ended ? JSON.stringify(ended.seen) : ''
  const kind = ended && 'fault' in ended ? ended.fault.kind : ''
  return [text, ended?.kind, kind, seen, released, sinkEnds].join('\0')
}

class FakeHost implements RelayHost {
  readonly provider = 'fake'
  readonly sink: AnswerSink
  readonly keepsText = false
  readonly #movesOn: boolean
  #text = ''
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #ended: AnswerEnd | undefined
  #released = 0
  #sinkEnds = 0

  constructor(movesOn: boolean) {
    this.#movesOn = movesOn
    this.sink = {
      begun: false,
      begin: () => {},
      write: (bytes) => {
        this.#text += this.#decoder.decode(bytes, { stream: true })
        return true
      },
      drained: () => {},
      end: () => void this.#sinkEnds++,
      fail: () => {},
      departed: () => {},
    }
  }

  mayMoveOn(_: Fault): boolean {
    return this.#movesOn
  }
  firstContent(): void {}
  release(): void {
    this.#released++
  }
  meter() {
    const usage = { tokens: {} as never, source: 'absent' as const }
    return { usage, costNanoUsd: undefined, priceVersion: undefined, baselineNanoUsd: undefined }
  }
  resume(): void {}
  ended(end: AnswerEnd): void {
    if (this.#ended) throw new Error('ended twice')
    this.#ended = end
  }

  heard(): Heard {
    return { text: this.#text, ended: this.#ended, released: this.#released, sinkEnds: this.#sinkEnds }
  }
}

export function chunk(choices: readonly unknown[]): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`)
}

export function content(index: number, text: string): Uint8Array {
  return chunk([{ index, delta: { content: text }, finish_reason: null }])
}

export function finished(index: number): unknown {
  return { index, delta: {}, finish_reason: 'stop' }
}

export function finish(index: number): Uint8Array {
  return chunk([finished(index)])
}
