/** The chaos matrix of the newer endpoints: every way from an endpoint to a target, by the faults that its wire tells apart. */
import type { Fault } from '../support/mock-provider/fault.ts'

type Dialect = 'chat' | 'messages' | 'responses'

interface Way {
  /** What the caller speaks. */
  asked: Dialect
  /** What the target speaks. */
  target: Dialect
}

/** Whole right answer, a stream that ends with an error, or an envelope with this status. */
type Ending = 'answer' | 'cut' | number

interface Chaos {
  name: string
  fault: Fault
  stream: Ending
  json: Ending
  /** How often the faulty target is asked where nothing else is there. */
  asked: { stream: number; json: number }
  /** It uses the whole deadline up, so that nobody can take over. */
  spends?: 'json'
  /** Work for a busy machine, not a wait: the short limits would cut it. */
  unhurried?: true
}

const WAYS: readonly Way[] = [
  { asked: 'messages', target: 'messages' },
  { asked: 'messages', target: 'chat' },
  { asked: 'chat', target: 'messages' },
  { asked: 'responses', target: 'responses' },
  { asked: 'responses', target: 'chat' },
  { asked: 'responses', target: 'messages' },
]

const once = { stream: 1, json: 1 }
const twice = { stream: 2, json: 2 }
/** A JSON answer that broke may be asked for again; a stream that has begun may not. */
const jsonTwice = { stream: 1, json: 2 }

const CHAOS: readonly Chaos[] = [
  { name: 'black-hole', fault: { kind: 'black_hole' }, stream: 504, json: 504, asked: once },
  { name: 'reset-mid', fault: { kind: 'reset_mid' }, stream: 'cut', json: 502, asked: jsonTwice },
  { name: 'rate-limited', fault: { kind: 'rate_limited', seconds: 1 }, stream: 429, json: 429, asked: twice },
  { name: 'status-529', fault: { kind: 'status', status: 529 }, stream: 502, json: 502, asked: twice },
  { name: 'error-in-200', fault: { kind: 'error_event' }, stream: 502, json: 502, asked: twice },
  { name: 'error-mid', fault: { kind: 'error_event_mid' }, stream: 'cut', json: 502, asked: jsonTwice },
  { name: 'stall-first', fault: { kind: 'stall_first' }, stream: 504, json: 504, asked: once },
  { name: 'stall-mid', fault: { kind: 'stall_mid' }, stream: 'cut', json: 504, asked: once },
  { name: 'truncated', fault: { kind: 'truncated_json' }, stream: 'cut', json: 502, asked: once },
  { name: 'no-finish', fault: { kind: 'no_finish' }, stream: 'cut', json: 502, asked: once },
  { name: 'no-done', fault: { kind: 'no_done' }, stream: 'answer', json: 'answer', asked: once },
  {
    name: 'drip',
    fault: { kind: 'drip', ms: 0 },
    stream: 'answer',
    json: 'answer',
    asked: once,
    unhurried: true,
  },
  { name: 'slow-drip', fault: { kind: 'drip', ms: 30 }, stream: 504, json: 504, spends: 'json', asked: once },
]

export interface Cell {
  /** Names the workflow, the faulty provider and its model alike. */
  id: string
  way: Way
  chaos: Chaos
  stream: boolean
  /** Whether another target can take over; it speaks another dialect than the first. */
  spare: boolean
  expected: Ending
  /** How often the faulty target is asked. */
  times: number
}

export const CELLS: readonly Cell[] = WAYS.flatMap((way) =>
  CHAOS.flatMap((chaos) =>
    [true, false].flatMap((stream) =>
      [true, false].map((spare) => {
        const form = stream ? 'stream' : 'json'
        const id = `${way.asked}-by-${way.target}-${chaos.name}-${form}-${spare ? 'spare' : 'alone'}`
        const alone = chaos[form]
        const isLate = chaos.spends === 'json' && !stream
        const expected = spare && typeof alone === 'number' && !isLate ? 'answer' : alone
        // A provider that asks for a pause is not waited for where another one can answer.
        const times = spare && chaos.name === 'rate-limited' ? 1 : chaos.asked[form]
        return { id, way, chaos, stream, spare, expected, times }
      }),
    ),
  ),
)
