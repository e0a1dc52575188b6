/** Asks requests of a running trimtab, a few at a time, so that their answers are in its memory. */
import { Failure } from '../errors.ts'
import type { WarmRequest } from './warm-lines.ts'

/** Members are those of `cache warm --json`. */
export interface WarmedRequests {
  /** Asked, and remembered now. */
  remembered: number
  /** Remembered before. */
  known: number
  /** Answered, and not remembered. */
  passed: number
  failed: number
  /** Not asked, because the command was stopped or gave up. */
  left: number
}

export interface AskParts {
  /** Address of the running trimtab. */
  url: string
  /** A caller's key; undefined: none is sent. */
  apiKey: string | undefined
  concurrency: number
  /** Once aborted, what is under way may end and nothing more begins. */
  signal: AbortSignal
  pause(milliseconds: number): Promise<void>
  /** Told of every line that is not remembered, as a sentence goes on. */
  tell(line: number, why: string): void
  /** Told after each answer. */
  progress(done: number, all: number): void
}

/** Asking costs money: so many that are all not remembered are a mistake in the file or the policy. */
const GIVE_UP_AFTER = 5
const TRIES = 5
const LONGEST_PAUSE_SECONDS = 60

type Outcome = { kind: 'remembered' | 'known' } | { kind: 'passed' | 'failed'; why: string }

/** @throws Failure where no trimtab answers there */
export async function askToWarm(requests: readonly WarmRequest[], parts: AskParts): Promise<WarmedRequests> {
  const counts: WarmedRequests = { remembered: 0, known: 0, passed: 0, failed: 0, left: requests.length }
  const waiting = [...requests]
  const goesOn = (): boolean =>
    !parts.signal.aborted && (counts.passed < GIVE_UP_AFTER || counts.remembered + counts.known > 0)
  const work = async (): Promise<void> => {
    while (goesOn()) {
      const request = waiting.shift()
      if (request === undefined) return
      const outcome = await askPatiently(request, parts)
      counts[outcome.kind]++
      counts.left--
      if ('why' in outcome) parts.tell(request.line, outcome.why)
      parts.progress(requests.length - counts.left, requests.length)
    }
  }
  await Promise.all(Array.from({ length: parts.concurrency }, work))
  return counts
}

/** Waits as a limit of requests or tokens a minute asks it to. */
async function askPatiently(request: WarmRequest, parts: AskParts): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const response = await send(request, parts)
    const text = await response.text()
    if (response.ok) return outcomeOf(response)
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    const mayRepeat =
      response.headers.get('x-should-retry') !== 'false' && seconds <= LONGEST_PAUSE_SECONDS && tries < TRIES
    if (!mayRepeat || parts.signal.aborted) {
      return { kind: 'failed', why: `was refused with ${response.status}: ${messageIn(text)}` }
    }
    await parts.pause(seconds * 1000)
  }
}

async function send({ endpoint, body, headers }: WarmRequest, { url, apiKey }: AskParts): Promise<Response> {
  try {
    return await fetch(new URL(`/v1/${endpoint}`, url), {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...headers,
      },
    })
  } catch (cause) {
    throw new Failure(
      'provider_error',
      `No trimtab answers at ${url}: start it with \`trimtab serve\`, or name it with --url.`,
      { cause },
    )
  }
}

function outcomeOf({ headers }: Response): Outcome {
  const status = headers.get('cache-status') ?? ''
  if (status.includes('; hit')) return { kind: 'known' }
  if (status.includes('fwd=miss')) return { kind: 'remembered' }
  const reason = /detail=([\w-]+)/.exec(status)?.[1]
  return {
    kind: 'passed',
    why: `was answered and is not remembered (${reason ?? 'it did not go through a cache'})`,
  }
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: { message?: unknown } }).error?.message ?? text)
  } catch {
    return text.slice(0, 200)
  }
}
