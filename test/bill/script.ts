/** Random requests: what is asked, how its provider misbehaves, and when its caller leaves. */
import fc from 'fast-check'
import { chat } from '../support/ask.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { MODELS } from './price-book.ts'

const WORKFLOWS = ['on', 'deterministic', 'shadow', 'off', 'fall', 'gone', 'capped'] as const
/** Of the last two there is no policy: they are labels under the default one. */
type Workflow = (typeof WORKFLOWS)[number] | 'left' | 'cut'

/** Of one request at once. */
export const MOST_CALLERS = 4

/** Whom a workflow with tiers asks, in order. */
export const TIERS: Readonly<Partial<Record<Workflow, readonly string[]>>> = {
  fall: ['deepseek', 'anthropic', 'xai'],
  gone: ['gone', 'sglang'],
}

export interface Scripted {
  workflow: Workflow
  /** Of MODELS; without effect where the workflow has tiers. */
  provider: string
  prompt: string
  stream: boolean
  wantsUsage: boolean
  /** Of its first attempts, in order. */
  faults: readonly Fault[]
  /** Milliseconds after which its caller leaves; `content`: once something came. */
  leaves: number | 'content' | undefined
  cacheControl: string | undefined
  /** So many callers ask it at once. */
  callers: number
}

const FAULTS: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 400 },
  { kind: 'rate_limited', seconds: 0 },
  { kind: 'error_event' },
  { kind: 'error_event_mid' },
  { kind: 'reset' },
  { kind: 'reset_before_body' },
  { kind: 'reset_mid' },
  { kind: 'truncated_json' },
  { kind: 'no_done' },
  { kind: 'no_finish' },
  { kind: 'stall_mid' },
  { kind: 'black_hole' },
  { kind: 'close_after' },
  { kind: 'delay', ms: 15 },
  { kind: 'drip', ms: 0 },
]

const scripted: fc.Arbitrary<Scripted> = fc.record({
  workflow: fc.constantFrom(...WORKFLOWS),
  provider: fc.constantFrom(...Object.keys(MODELS).filter((name) => name !== 'gone')),
  // Few enough to repeat, many enough to differ.
  prompt: fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('', '', ' Slowly, and slowly.'))
    .map(([number, manner]) => `Which way does rudder ${number} turn?${manner}`),
  stream: fc.boolean(),
  wantsUsage: fc.boolean(),
  faults: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...FAULTS), { minLength: 1, maxLength: 3 }) },
  ),
  leaves: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant('content' as const)) },
  ),
  cacheControl: fc.constantFrom(undefined, undefined, undefined, undefined, 'no-cache', 'no-store'),
  callers: fc.constantFrom(1, 1, 1, 1, 1, 1, 2, MOST_CALLERS),
})

export interface Script {
  before: readonly Scripted[]
  after: readonly Scripted[]
  /** After so many of `after` trimtab is killed, and started again; undefined: never. */
  killAfter: number | undefined
}

/** `size` callers in all. Its text is short, because a report of a failure shows it: the seed is enough to make it again. */
export function scripts(size: number): fc.Arbitrary<Script> {
  return fc
    .record({
      all: fc.array(scripted, { minLength: size, maxLength: size, size: 'max' }).map((all) => cut(all, size)),
      share: fc.double({ min: 0.3, max: 0.7, noNaN: true }),
      kill: fc.option(fc.double({ min: 0.2, max: 0.8, noNaN: true }), { nil: undefined }),
    })
    .map(({ all, share, kill }) => {
      const middle = Math.floor(all.length * share)
      const after = all.slice(middle)
      const killAfter = kill === undefined ? undefined : Math.floor(after.length * kill)
      const script = { before: all.slice(0, middle), after, killAfter }
      return Object.assign(script, { [fc.toStringMethod]: () => `${size} requests, killed: ${killAfter}` })
    })
}

/** As many as make up `callers`. */
function cut(all: readonly Scripted[], callers: number): readonly Scripted[] {
  const kept: Scripted[] = []
  let left = callers
  for (const one of all) {
    if (left === 0) break
    kept.push(one.callers > left ? { ...one, callers: left } : one)
    left -= Math.min(one.callers, left)
  }
  return kept
}

export function isEmbedding({ provider, workflow }: Pick<Scripted, 'provider' | 'workflow'>): boolean {
  return provider === 'embedder' && TIERS[workflow] === undefined
}

export function bodyOf(one: Scripted): Record<string, unknown> {
  const { workflow, provider, prompt, stream, wantsUsage } = one
  if (isEmbedding(one)) return { model: `embedder/${MODELS.embedder}`, input: prompt }
  const model = TIERS[workflow] === undefined ? `${provider}/${MODELS[provider]}` : workflow
  return chat(model, {
    messages: [{ role: 'user', content: prompt }],
    temperature: 0,
    max_tokens: 64,
    ...(stream ? { stream, ...(wantsUsage ? { stream_options: { include_usage: true } } : {}) } : {}),
  })
}
