import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerSink } from '../../../src/gateway/answer-sink.ts'
import { SharedAnswer } from '../../../src/gateway/memory/shared-answer.ts'

/** A caller that reads as a script says. */
class Caller implements AnswerSink {
  begun = false
  text = ''
  end_: 'open' | 'ended' | 'failed' = 'open'
  full = false
  headers: readonly string[] = []
  #drain: (() => void) | undefined
  #leave: (() => void) | undefined
  begin(_status: number, headers: readonly string[]): void {
    this.begun = true
    this.headers = headers
  }
  write(bytes: Uint8Array): boolean {
    this.text += new TextDecoder().decode(bytes)
    return !this.full
  }
  drained(resume: () => void): void {
    this.#drain = resume
  }
  end(): void {
    this.end_ = 'ended'
  }
  fail(): void {
    this.end_ = 'failed'
  }
  departed(listener: () => void): void {
    this.#leave = listener
  }
  drain(): void {
    this.full = false
    const resume = this.#drain
    this.#drain = undefined
    resume?.()
  }
  leave(): void {
    this.#leave?.()
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const asTheyAre = (headers: readonly string[]): readonly string[] => headers
const MEBIBYTE = 'x'.repeat(1 << 20)

describe('SharedAnswer', () => {
  it('whoever stays hears everything once, in order, whenever it joined and however slowly it reads', () => {
    const step = fc.oneof(
      fc.constant('write' as const),
      fc.constant('join' as const),
      fc.record({ kind: fc.constantFrom('fill', 'drain', 'leave'), who: fc.nat(5) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom('end', 'fail'), (steps, end) => {
        const shared = new SharedAnswer()
        const callers: Caller[] = []
        const gone = new Set<Caller>()
        let deserted = false
        let said = ''
        shared.departed(() => {
          deserted = true
        })
        const join = (): void => {
          const caller = new Caller()
          if (shared.join(caller, asTheyAre) !== undefined) callers.push(caller)
        }
        join()
        shared.begin(200, [])
        for (const one of steps) {
          if (one === 'join') join()
          else if (one === 'write') {
            const piece = `<${said.length}>`
            said += piece
            shared.write(bytes(piece))
          } else {
            const caller = callers[one.who]
            if (caller === undefined || gone.has(caller)) continue
            if (one.kind === 'fill') caller.full = true
            else if (one.kind === 'drain') caller.drain()
            else {
              gone.add(caller)
              caller.leave()
            }
          }
        }
        expect(deserted).toBe(callers.every((caller) => gone.has(caller)))
        if (end === 'end') shared.end()
        else shared.fail()
        for (const caller of callers) {
          if (gone.has(caller)) {
            expect(said.startsWith(caller.text)).toBe(true)
            continue
          }
          if (end === 'end') {
            caller.drain()
            expect([caller.text, caller.end_]).toEqual([said, 'ended'])
          } else {
            expect(said.startsWith(caller.text)).toBe(true)
            expect(caller.end_).toBe('failed')
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('below its bound a slow reader holds up nobody; beyond it, the slowest paces, and nobody joins', () => {
    const shared = new SharedAnswer()
    const [quick, slow] = [new Caller(), new Caller()]
    void shared.join(quick, asTheyAre)
    void shared.join(slow, asTheyAre)
    shared.begin(200, [])
    slow.full = true
    expect(shared.write(bytes('small'))).toBe(true)
    expect(shared.write(bytes(MEBIBYTE))).toBe(false)
    expect(shared.join(new Caller(), asTheyAre)).toBeUndefined()
    expect(shared.recording()).toBeUndefined()
    let resumed = false
    shared.drained(() => {
      resumed = true
    })
    expect([quick.text.length, slow.text.length, resumed]).toEqual([5 + (1 << 20), 5, false])
    slow.drain()
    expect([slow.text.length, resumed]).toEqual([5 + (1 << 20), true])
  })

  it('a slow reader that leaves lets the others go on', () => {
    const shared = new SharedAnswer()
    const [quick, slow] = [new Caller(), new Caller()]
    void shared.join(quick, asTheyAre)
    void shared.join(slow, asTheyAre)
    shared.begin(200, [])
    slow.full = true
    shared.write(bytes('small'))
    expect(shared.write(bytes(MEBIBYTE))).toBe(false)
    let resumed = false
    shared.drained(() => {
      resumed = true
    })
    slow.leave()
    expect(resumed).toBe(true)
  })

  it('the first pays: others are sent what is meant for them, and the recording is theirs', () => {
    const shared = new SharedAnswer()
    const [leader, follower] = [new Caller(), new Caller()]
    void shared.join(leader, asTheyAre)
    void shared.join(follower, () => ['x', 'follower'])
    shared.begin(200, ['x', 'leader'])
    shared.write(bytes('paid'), bytes('free'))
    expect([leader.text, follower.text]).toEqual(['paid', 'free'])
    expect([leader.headers, follower.headers]).toEqual([
      ['x', 'leader'],
      ['x', 'follower'],
    ])
    expect(shared.recording()?.map((piece) => new TextDecoder().decode(piece))).toEqual(['free'])
  })

  it('a leader that had left before it began leaves nobody to ask for', () => {
    const shared = new SharedAnswer()
    const caller = new Caller()
    caller.departed = (listener) => listener()
    void shared.join(caller, asTheyAre)
    let deserted = false
    shared.departed(() => {
      deserted = true
    })
    expect(deserted).toBe(true)
    expect(shared.join(new Caller(), asTheyAre)).toBeUndefined()
  })
})
