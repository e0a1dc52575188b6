/** The cells of the chaos matrix: which fault, how it is asked for, and what must come of it. */
import type { Fault } from '../support/mock-provider/fault.ts'

/** What a caller hears. */
type Ending =
  /** The whole right answer. */
  | 'answer'
  /** An error event and no `[DONE]`, or a broken connection. */
  | 'cut'
  /** An envelope with this status. */
  | number

interface Chaos {
  name: string
  /** Undefined: nothing listens, or nothing accepts, at the provider's address. */
  fault: Fault | undefined
  at?: 'refused' | 'unaccepting'
  stream: Ending
  json: Ending
  /** It uses the whole deadline up, so that nobody can take over. */
  spends?: 'json'
  /** How often the faulty provider is asked where nothing else is there: a repeat may help with what passes. */
  asked: { stream: number; json: number }
  /** Work for a busy machine, not a wait: the short limits would cut it. */
  unhurried?: true
}

const once = { stream: 1, json: 1 }
const twice = { stream: 2, json: 2 }

const CHAOS: readonly Chaos[] = [
  { name: 'refused', fault: undefined, at: 'refused', stream: 502, json: 502, asked: twice },
  { name: 'unaccepting', fault: undefined, at: 'unaccepting', stream: 504, json: 504, asked: once },
  { name: 'black-hole', fault: { kind: 'black_hole' }, stream: 504, json: 504, asked: once },
  { name: 'reset', fault: { kind: 'reset' }, stream: 502, json: 502, asked: twice },
  { name: 'reset-before-body', fault: { kind: 'reset_before_body' }, stream: 502, json: 502, asked: twice },
  {
    name: 'reset-mid',
    fault: { kind: 'reset_mid' },
    stream: 'cut',
    json: 502,
    asked: { stream: 1, json: 2 },
  },
  { name: 'rate-limited', fault: { kind: 'rate_limited', seconds: 1 }, stream: 429, json: 429, asked: twice },
  { name: 'status-500', fault: { kind: 'status', status: 500 }, stream: 502, json: 502, asked: twice },
  { name: 'error-in-200', fault: { kind: 'error_event' }, stream: 502, json: 502, asked: twice },
  {
    name: 'error-mid',
    fault: { kind: 'error_event_mid' },
    stream: 'cut',
    json: 502,
    asked: { stream: 1, json: 2 },
  },
  { name: 'stall-first', fault: { kind: 'stall_first' }, stream: 504, json: 504, asked: once },
  {
    name: 'stall-mid',
    fault: { kind: 'stall_mid' },
    stream: 'cut',
    json: 504,
    asked: once,
  },
  {
    name: 'truncated',
    fault: { kind: 'truncated_json' },
    stream: 'cut',
    json: 502,
    asked: once,
  },
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
  {
    name: 'huge',
    fault: { kind: 'huge', bytes: 100_000_000 },
    stream: 'answer',
    json: 'answer',
    asked: once,
    unhurried: true,
  },
  {
    name: 'gzip-bomb',
    fault: { kind: 'gzip_bomb', bytes: 1_000_000_000 },
    stream: 502,
    json: 502,
    asked: once,
    unhurried: true,
  },
]

export interface Cell {
  /** Names the workflow, the faulty provider and its model alike, so that no cell shares another's retry budget. */
  id: string
  chaos: Chaos
  stream: boolean
  spare: boolean
  expected: Ending
}

export const CELLS: readonly Cell[] = CHAOS.flatMap((chaos) =>
  [true, false].flatMap((stream) =>
    [true, false].map((spare) => {
      const alone = stream ? chaos.stream : chaos.json
      const id = `${chaos.name}-${stream ? 'stream' : 'json'}-${spare ? 'spare' : 'alone'}`
      const isLate = chaos.spends === 'json' && !stream
      const expected = spare && typeof alone === 'number' && !isLate ? 'answer' : alone
      return { id, chaos, stream, spare, expected }
    }),
  ),
)
