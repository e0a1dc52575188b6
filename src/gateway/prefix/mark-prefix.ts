/** Marks what a provider's prompt cache should keep, where the caller has not and it pays; everything else stays as it is. */
import { cachePlaces, hasCacheMarks, minimumTokens } from '../../anthropic/cache-marks.ts'
import { type OpenaiPromptCache, openaiPromptCache } from '../../conversion/openai-parameters.ts'
import type { Splice } from '../../openai/body-splice.ts'
import { breakpointPlaces, hasBreakpoints, MINIMUM_TOKENS } from '../../openai/cache-breakpoints.ts'
import type { MarkPlace } from '../../openai/mark-place.ts'
import type { MemberEdit } from '../../openai/member-edit.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import { isWhole } from '../../openai/prompt.ts'
import { type PromptHead, promptHead } from '../../openai/prompt-head.ts'
import type { Policy } from '../../policy/policy.ts'
import { type MarkTtl, markChoice } from '../../routing/mark-choice.ts'
import type { ReuseKind } from '../../routing/reuse-intervals.ts'
import { textDigest } from '../../routing/text-hash.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { type Prefix, prefixOf } from './prefix.ts'
import { cacheRates, type PrefixPorts } from './prefix-ports.ts'

interface Marks {
  splices: readonly Splice[]
  members: readonly MemberEdit[]
  notes: readonly string[]
}

/** @param sent what would be sent without marks */
export type MarkPrefix = (sent: ModelRequest) => Marks | undefined

/** Who asks for marks, and by what they are decided. */
export interface Marking {
  policy: Policy
  tenant: string
  workflow: string
  /** Of the request, estimated, and its bytes. */
  tokens: number
  bytes: number
  prefix(): Prefix | undefined
  /** Unix milliseconds, for prices. */
  at: number
  /** On a clock that never jumps; undefined: only to look, nothing is measured. */
  nowMs: number | undefined
  ports: PrefixPorts
}

/** Undefined where there is nothing to mark, which is told without reading the request. */
export function markPrefixOf(journey: Journey, target: Target): MarkPrefix | undefined {
  const { policy, input, incoming, gateway, entry } = journey
  const least = leastTokens(policy, target)
  if (least === undefined || input.tokens < least) return undefined
  const name = `${target.provider.name}/${target.model}`
  const decided = journey.marked?.get(name)
  const marking: Marking = {
    policy,
    tenant: incoming.principal.tenant,
    workflow: entry.opened.workflow,
    tokens: input.tokens,
    bytes: incoming.request.bytes.length,
    prefix: () => prefixIn(journey),
    at: incoming.at,
    // What trimtab asks itself is nobody's use.
    nowMs: entry.cache === 'audit' ? undefined : gateway.elapsedMs(),
    ports: gateway,
  }
  return (sent) => {
    // Whoever is asked again is asked the same, and counts once.
    const choice = decided ?? choiceFor(marking, target, sent)
    journey.marked ??= new Map()
    journey.marked.set(name, choice)
    return marksFor(choice, marking, target, sent)
  }
}

/** The same for who only wants to know. */
export function lookAtMarks(marking: Marking, target: Target): MarkPrefix | undefined {
  const least = leastTokens(marking.policy, target)
  if (least === undefined || marking.tokens < least) return undefined
  return (sent) => marksFor(choiceFor(marking, target, sent), marking, target, sent)
}

/** Read once a request, by whoever needs it first. */
export function prefixIn(journey: Pick<Journey, 'prefix' | 'incoming'>): Prefix | undefined {
  journey.prefix ??= prefixOf(journey.incoming.request) ?? 'none'
  return journey.prefix === 'none' ? undefined : journey.prefix
}

/** What is kept, and for how long; undefined where it does not pay. */
interface Kept {
  head: MarkTtl | undefined
  tail: MarkTtl | undefined
}

export interface MarkChoice {
  /** Undefined where marks are the caller's, or the model takes none. */
  kept: Kept | undefined
  key: string | undefined
}

const NOTHING: MarkChoice = { kept: undefined, key: undefined }

function leastTokens({ prefix }: Policy, { provider, model }: Target): number | undefined {
  if (prefix.mode !== 'auto') return undefined
  if (provider.vendor === 'anthropic') return minimumTokens(model)
  return provider.vendor === 'openai' ? MINIMUM_TOKENS : undefined
}

function choiceFor(marking: Marking, target: Target, sent: ModelRequest): MarkChoice {
  const { provider, model } = target
  const cache = provider.vendor === 'openai' ? openaiPromptCache(model) : undefined
  if (provider.vendor === 'openai' && cache === undefined) return NOTHING
  const prefix = marking.prefix()
  if (prefix === undefined) return NOTHING
  if (cache === undefined) {
    if (sent.endpoint !== 'messages' || hasCacheMarks(sent.body)) return NOTHING
    return { kept: keptFor(marking, target, prefix, minimumTokens(model)), key: undefined }
  }
  const isOurs = cache.takesBreakpoints && !hasBreakpoints(sent.body) && isWhole(sent)
  return {
    kept: isOurs ? keptFor(marking, target, prefix, MINIMUM_TOKENS) : undefined,
    key: sent.members.has('prompt_cache_key') ? undefined : keyFor(marking, prefix),
  }
}

/** By what it costs and how soon its like comes again. */
function keptFor(marking: Marking, target: Target, prefix: Prefix, least: number): Kept {
  const { ports, workflow, nowMs } = marking
  const rates = cacheRates(ports.pricer(), target, marking.at)
  const kept = (kind: ReuseKind, named: number): MarkTtl | undefined => {
    const name = `${target.provider.name}/${target.model}\n${named}`
    const { reuse } = ports.prefixes
    const odds =
      nowMs === undefined ? reuse.odds(workflow, kind, name) : reuse.used(workflow, kind, name, nowMs)
    return markChoice(odds, rates)
  }
  const head = tokensOf(prefix.prompt.headBytes, marking) >= least ? kept('head', prefix.head) : undefined
  const tail = kept(prefix.prompt.isOpening ? 'opening' : 'turn', prefix.conversation)
  // Anthropic takes an hour only ahead of five minutes; and what a conversation repeats, it repeats with its head.
  return { head: head !== undefined && tail === '1h' ? '1h' : head, tail }
}

/** Requests of a long head share its key; without one, those of a conversation theirs. */
function keyFor(marking: Marking, prefix: Prefix): string {
  const { ports, tenant, workflow, nowMs } = marking
  const sharesHead = tokensOf(prefix.prompt.headBytes, marking) >= MINIMUM_TOKENS
  const name = textDigest(`${tenant}\n${workflow}\n${sharesHead ? prefix.head : prefix.conversation}`)
  const { keys } = ports.prefixes
  return nowMs === undefined
    ? keys.look(name, prefix.conversation)
    : keys.used(name, prefix.conversation, nowMs)
}

function marksFor(
  choice: MarkChoice,
  marking: Marking,
  target: Target,
  sent: ModelRequest,
): Marks | undefined {
  const cache = target.provider.vendor === 'openai' ? openaiPromptCache(target.model) : undefined
  if (cache !== undefined) return openaiMarks(choice, marking, cache, sent)
  const prompt = isNothing(choice.kept) ? undefined : promptOf(sent, marking)
  if (prompt === undefined) return undefined
  const places = placesOf(cachePlaces(sent, prompt), choice.kept, marking, minimumTokens(target.model))
  if (places.length === 0) return undefined
  const parts = places.map(({ place, ttl }) => (ttl === '1h' ? `${place.part} (1h)` : place.part))
  return {
    splices: places.flatMap(({ place, ttl }) => place.splices(cacheControl(ttl))),
    members: [],
    notes: [`cache_control: ${parts.join(', ')}`],
  }
}

/** Read already, where nothing was written anew. */
function promptOf(sent: ModelRequest, { prefix }: Marking): PromptHead | undefined {
  const asked = prefix()
  return asked?.request === sent ? asked.prompt : promptHead(sent)
}

function isNothing(kept: Kept | undefined): boolean {
  return kept?.head === undefined && kept?.tail === undefined
}

function tokensOf(bytes: number, marking: Marking): number {
  return (bytes / marking.bytes) * marking.tokens
}

function openaiMarks(
  { kept, key }: MarkChoice,
  marking: Marking,
  { retention: kinds }: OpenaiPromptCache,
  sent: ModelRequest,
): Marks | undefined {
  const members: MemberEdit[] = []
  const { retention } = marking.policy.prefix
  if (key !== undefined) members.push({ kind: 'set', name: 'prompt_cache_key', value: key })
  if (retention !== undefined && kinds.includes(retention) && !sent.members.has('prompt_cache_retention'))
    members.push({ kind: 'set', name: 'prompt_cache_retention', value: retention })
  const prompt = isNothing(kept) ? undefined : promptOf(sent, marking)
  const places =
    prompt === undefined ? [] : placesOf(breakpointPlaces(sent, prompt), kept, marking, MINIMUM_TOKENS)
  // Without it, OpenAI writes what its own choice is. What pays and cannot be marked is left to that.
  if (kept !== undefined && (places.length > 0 || isNothing(kept)))
    members.push({ kind: 'set', name: 'prompt_cache_options', value: { mode: 'explicit' } })
  if (members.length === 0) return undefined
  const notes = members.map(({ name }) => name)
  const parts = places.map(({ place }) => place.part)
  if (parts.length > 0) notes.push(`prompt_cache_breakpoint: ${parts.join(', ')}`)
  return { splices: places.flatMap(({ place }) => place.splices(BREAKPOINT)), members, notes }
}

const BREAKPOINT = '"prompt_cache_breakpoint":{"mode":"explicit"}'

function cacheControl(ttl: MarkTtl): string {
  return ttl === '1h'
    ? '"cache_control":{"type":"ephemeral","ttl":"1h"}'
    : '"cache_control":{"type":"ephemeral"}'
}

/** Where the prompt is long enough for a mark that pays. */
function placesOf(
  places: readonly MarkPlace[],
  kept: Kept | undefined,
  marking: Marking,
  least: number,
): { place: MarkPlace; ttl: MarkTtl }[] {
  return places.flatMap((place) => {
    const ttl = place.part === 'tools' || place.part === 'system' ? kept?.head : kept?.tail
    return ttl === undefined || tokensOf(place.prefixBytes, marking) < least ? [] : [{ place, ttl }]
  })
}
