/**
 * Reads what a provider's answer tells of its rate limits: OpenAI's `x-ratelimit-*`
 * (https://platform.openai.com/docs/guides/rate-limits) and Anthropic's `anthropic-ratelimit-*`
 * (https://docs.anthropic.com/en/api/rate-limits).
 */
import type { HeaderList } from '../providers/transport.ts'

export interface RateReading {
  limit: number | undefined
  remaining: number
  /** Until all of it is there again, in milliseconds. */
  resetMs: number
}

export interface RateReadings {
  tokens: RateReading | undefined
  requests: RateReading | undefined
}

const FIGURES = ['limit', 'remaining', 'reset'] as const
type Figure = (typeof FIGURES)[number]
type Told = Partial<Record<Figure, string>>

/** By the names of the headers that tell them. */
const UNITS_AND_FIGURES = new Map<string, { unit: string; figure: Figure }>(
  FIGURES.flatMap((figure) => [
    ...['tokens', 'requests'].map((unit) => [`x-ratelimit-${figure}-${unit}`, { unit, figure }] as const),
    ...['input-tokens', 'tokens', 'requests'].map(
      (unit) => [`anthropic-ratelimit-${unit}-${figure}`, { unit, figure }] as const,
    ),
  ]),
)

/** Undefined where it tells nothing. `now()`: Unix milliseconds, for a reset that is a date. */
export function readRateHeaders(headers: HeaderList, clock: { now(): number }): RateReadings | undefined {
  let told: Record<string, Told> | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    if (!mayBeOfLimits(name)) continue
    const named = UNITS_AND_FIGURES.get(name.toLowerCase())
    if (named === undefined) continue
    const { unit, figure } = named
    told ??= {}
    const ofUnit = told[unit] ?? {}
    ofUnit[figure] = headers[index + 1] as string
    told[unit] = ofUnit
  }
  if (told === undefined) return undefined
  const now = clock.now()
  // What counts of Anthropic's is the input: the answer's length is not known when a request leaves.
  const tokens = readingOf(told['input-tokens'], now) ?? readingOf(told.tokens, now)
  const requests = readingOf(told.requests, now)
  return tokens === undefined && requests === undefined ? undefined : { tokens, requests }
}

/** Most headers are others, and told apart by their length and first letter. */
function mayBeOfLimits(name: string): boolean {
  if (name.length < 'x-ratelimit-limit-tokens'.length) return false
  const first = name[0]
  return first === 'x' || first === 'a' || first === 'X' || first === 'A'
}

/** Without a reset nothing is known of later, and so nothing is held back. */
function readingOf(told: Told | undefined, now: number): RateReading | undefined {
  const remaining = amount(told?.remaining)
  const resetMs = told?.reset === undefined ? undefined : resetIn(told.reset, now)
  if (remaining === undefined || resetMs === undefined) return undefined
  return { limit: amount(told?.limit), remaining, resetMs }
}

function amount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `6m0s`, `20ms`, `1.5s`, a plain number of seconds, or a date as RFC 3339 has it. */
function resetIn(text: string, now: number): number | undefined {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) {
    const date = Date.parse(text)
    return Number.isNaN(date) ? undefined : Math.max(0, date - now)
  }
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text) * 1000
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let sum = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    sum += Number(number) * (UNIT_MS[unit as string] ?? 0)
  return sum
}
