/** Holds each prompt against those before it: how far it is the same, where it first differs, and what was not read for it. */
import { changingIn, steadyText } from './changing.ts'
import { digestChain, LINK_CHARACTERS, sharedLinks } from './digest-chain.ts'
import { AT_END, type Divergence, divergenceAt } from './divergence.ts'
import { type KeptPrompt, KeptPrompts } from './kept-prompts.ts'
import { type LaidOut, layOut } from './lay-out.ts'
import { type AnsweredPrompt, SHORTEST_CACHED_TOKENS } from './prompt-watch.ts'
import { type Amount, NO_AMOUNT, unreadBetween } from './unread-tokens.ts'

export interface PromptFinding {
  divergence: Divergence
  /** What could be read besides, did what changes come last. */
  movable: Amount
  /** The same as an earlier prompt's, asked within the hour and in the provider's hands by then, and not read. */
  missed: Amount
  /** Since a prompt with the same beginning was asked; undefined where none has as much of it as providers cache. */
  reuseMs: number | undefined
}

/** Few keep a prefix for longer. */
const KEPT_MS = 3_600_000
/** Conversations of one workflow that take turns: with more, one that goes on may be taken for another that begins. */
const MOST_CONVERSATIONS = 8

/** A prompt as it is compared. */
interface Read {
  laidOut: LaidOut
  changing: ReturnType<typeof changingIn>
  /** At which character of the text each link ends. */
  ends: readonly number[]
  /** Of the text without what changes, at which character of the text a share of it ends. */
  steadyLength: number
  kept: KeptPrompt
}

export class PromptComparer {
  readonly #kept: KeptPrompts
  readonly #seed: number

  /** `random`: in [0, 1), for digests that nobody can make at will. */
  constructor(random: () => number, kept = new KeptPrompts()) {
    this.#seed = Math.floor(random() * 2 ** 32)
    this.#kept = kept
  }

  /** Undefined for the first of its workflow. */
  compare(asked: AnsweredPrompt): PromptFinding | undefined {
    const read = this.#read(asked)
    if (read.laidOut.text === '') return undefined
    const keys = keysOf(asked)
    const nearest = nearestOf(
      read.kept,
      keys.flatMap((key) => this.#kept.of(key)),
    )
    const found = nearest && findingOf(asked, read, nearest)
    this.#keep(keys, read.kept)
    return found
  }

  #read({ cut, session, startedAt, answeredAt }: AnsweredPrompt): Read {
    const laidOut = layOut(cut)
    const { text, places } = laidOut
    const changing = changingIn(text)
    const steady = steadyText(text, changing)
    const ends: number[] = []
    const kept: KeptPrompt = {
      chain: digestChain(
        text,
        this.#seed,
        places.map(({ at }) => at),
        ends,
      ),
      steadyChain: digestChain(steady, this.#seed),
      messages: (places.at(-1)?.index ?? 0) + 1,
      isWhole: laidOut.isWhole,
      session,
      warmAt: answeredAt,
      askedAt: startedAt,
    }
    return { laidOut, changing, ends, steadyLength: steady.length, kept }
  }

  /** The latest of its session, and one among the latest of its workflow. */
  #keep([workflow = '', session]: readonly string[], prompt: KeptPrompt): void {
    const goesOnFrom = (kept: KeptPrompt): boolean =>
      sharedLinks(kept.chain, prompt.chain) >= kept.chain.length - (kept.isWhole ? 0 : 1)
    this.#kept.keep(workflow, prompt, this.#kept.of(workflow).find(goesOnFrom), MOST_CONVERSATIONS)
    if (session !== undefined) this.#kept.keep(session, prompt, this.#kept.of(session)[0], 1)
  }
}

/** Changes when the prompt is in a cache, and since when, where it repeats what is in one. */
function findingOf(asked: AnsweredPrompt, read: Read, { prompt: nearest, links }: Nearest): PromptFinding {
  const { laidOut, changing, ends, kept } = read
  const { text } = laidOut
  const shared = ends[links - 1] ?? 0
  const steadyCharacters = sharedLinks(kept.steadyChain, nearest.steadyChain) * LINK_CHARACTERS
  const steady = Math.floor((Math.min(steadyCharacters, read.steadyLength) / read.steadyLength) * text.length)
  const tokensAt = tokensAtCharacter(asked, laidOut)
  const goesOn = links >= kept.chain.length || links >= nearest.chain.length - (nearest.isWhole ? 0 : 1)
  const sameSession = asked.session !== undefined && nearest.session === asked.session
  const divergence = goesOn
    ? AT_END
    : divergenceAt({ laidOut, shared, steady, changing, messages: nearest.messages, sameSession })
  const sinceMs = asked.startedAt - nearest.askedAt
  const isCached = tokensAt(shared) >= SHORTEST_CACHED_TOKENS
  const isWarm = nearest.warmAt <= asked.startedAt
  if (isCached && sinceMs <= KEPT_MS) kept.warmAt = Math.min(kept.warmAt, nearest.warmAt)
  const isMovable = !goesOn && divergence.what !== 'text' && isSoon(sinceMs)
  return {
    divergence,
    movable: isMovable ? unreadBetween(asked, tokensAt(shared), tokensAt(steady)) : NO_AMOUNT,
    missed: isCached && isWarm && isSoon(sinceMs) ? unreadBetween(asked, 0, tokensAt(shared)) : NO_AMOUNT,
    reuseMs: isCached ? Math.max(0, sinceMs) : undefined,
  }
}

function isSoon(sinceMs: number): boolean {
  return sinceMs <= KEPT_MS
}

interface Nearest {
  prompt: KeptPrompt
  links: number
}

/** Which has most in common with it; of equals the latest. */
function nearestOf({ chain }: KeptPrompt, candidates: readonly KeptPrompt[]): Nearest | undefined {
  let nearest: Nearest | undefined
  for (const prompt of candidates) {
    const links = sharedLinks(chain, prompt.chain)
    if (nearest === undefined || links > nearest.links) nearest = { prompt, links }
    else if (links === nearest.links && prompt.askedAt >= nearest.prompt.askedAt) nearest = { prompt, links }
  }
  return nearest
}

/** By its share of all characters; of what is not compared it is as if it had as many a token. */
function tokensAtCharacter(
  { inputTokens, cut }: AnsweredPrompt,
  { text }: LaidOut,
): (character: number) => number {
  const compared = inputTokens * (cut.bytes.length / cut.wholeBytes)
  return (character) => (text.length === 0 ? 0 : compared * (character / text.length))
}

/** Providers keep prefixes by account and model; tenants learn nothing of each other. */
function keysOf({ tenant, workflow, provider, model, account, session }: AnsweredPrompt): readonly string[] {
  const key = JSON.stringify([tenant, workflow, provider, model, account])
  return session === undefined ? [key] : [key, JSON.stringify([key, session])]
}
