/** What is asked next, and what will go wrong with it, drawn from a seed. */
import type { Fault } from '../support/mock-provider/fault.ts'
import { seeded } from '../support/seeded.ts'
import { UNREACHABLE, WAYS, type Way } from './installation.ts'

export interface Planned {
  /** The provider and the ledger tell requests apart by it. */
  mark: string
  way: Way
  stream: boolean
  spare: boolean
  /** Of the first target's attempts, in order; the last is that of all that follow. */
  faults: readonly Fault[]
  /** When the caller leaves: after so many milliseconds, or with the first bytes of the answer. */
  leaves: number | 'content' | undefined
}

/** Weight and fault. */
const FAULTS: readonly (readonly [number, Fault])[] = [
  [60, { kind: 'none' }],
  [10, { kind: 'black_hole' }],
  [10, { kind: 'delay', ms: 150 }],
  [4, { kind: 'delay', ms: 1000 }],
  [10, { kind: 'reset' }],
  [10, { kind: 'reset_before_body' }],
  [10, { kind: 'reset_mid' }],
  [4, { kind: 'status', status: 500 }],
  [4, { kind: 'status', status: 503 }],
  [4, { kind: 'status', status: 529 }],
  [6, { kind: 'rate_limited', seconds: 1 }],
  [2, { kind: 'rate_limited_date', seconds: 2 }],
  [8, { kind: 'error_event' }],
  [10, { kind: 'error_event_mid' }],
  [8, { kind: 'stall_first' }],
  [10, { kind: 'stall_mid' }],
  [10, { kind: 'truncated_json' }],
  [8, { kind: 'no_done' }],
  [10, { kind: 'no_finish' }],
  [8, { kind: 'drip', ms: 0 }],
  [4, { kind: 'drip', ms: 30 }],
  [8, { kind: 'close_after' }],
  [8, { kind: 'close_on_reuse' }],
  [0.5, { kind: 'gzip_bomb', bytes: 1_000_000_000 }],
]
const NONE: Fault = { kind: 'none' }
/** Its answer is one of chat, so that only who speaks chat with its target is sent it. */
const HUGE: Fault = { kind: 'huge', bytes: 12_000_000 }

/** With `only`, nothing else ever goes wrong. */
export function planner(seed: number, only?: Fault): () => Planned {
  const random = seeded(seed)
  let number = 0
  const among = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
  return () => {
    const isUnreachable = only === undefined && random() < 0.05
    const way = among(isUnreachable ? UNREACHABLE : WAYS)
    const isHuge = way.asked === 'chat' && way.target === 'chat' && random() < 0.02
    const first = only ?? (isHuge ? HUGE : fault(random))
    const faults = random() < 0.3 ? [first, only === undefined ? fault(random) : NONE] : [first]
    const leaving = random()
    const leaves = leaving < 0.06 ? random() * 700 : leaving < 0.12 ? ('content' as const) : undefined
    return { mark: `mark-${++number}`, way, stream: random() < 0.5, spare: random() < 0.5, faults, leaves }
  }
}

function fault(random: () => number): Fault {
  let left = random() * FAULTS.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, kind] of FAULTS) {
    left -= weight
    if (left < 0) return kind
  }
  return NONE
}
