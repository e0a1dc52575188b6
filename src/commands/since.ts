/** Reads the options that say which part of the ledger is meant: `--since`, `--until`, `--tz`, `--by`, `--limit`. */
import { REPORT_DIMENSIONS, type ReportDimension } from '../metering/reports.ts'
import { nearestName } from '../nearest-name.ts'

/** What an option gave, or one sentence that says what is wrong with it. */
export type Parsed<Value> = { kind: 'value'; value: Value } | { kind: 'problem'; message: string }

const UNIT_MS = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** A date, or a date and a time; without an offset it is UTC, so that a script means the same on every machine. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** A span before (-1) or after (1) `now`, or an ISO 8601 instant, as Unix milliseconds; undefined where the text is neither. */
export function instantOf(text: string, now: number, direction: -1 | 1): number | undefined {
  const span = /^(\d+)([mhdw])$/.exec(text)
  const unitMs = UNIT_MS.get(span?.[2] ?? '')
  const instant = unitMs === undefined ? isoInstant(text) : now + direction * Number(span?.[1]) * unitMs
  // Dates end some 270,000 years from 1970.
  return Number.isFinite(new Date(instant).getTime()) ? instant : undefined
}

/** `24h`, `7d` (before `now`) or an ISO 8601 instant, as Unix milliseconds. `option` names it in the message. */
export function parseInstant(option: string, text: string, now: number): Parsed<number> {
  const instant = instantOf(text, now, -1)
  if (instant !== undefined) return { kind: 'value', value: instant }
  return problem(option, text, 'give a time span such as 24h or 7d, or a date such as 2026-11-25T14:00Z')
}

/** The end of a period, exclusive; where none is given, what arrived in this very millisecond belongs to it too. */
export function parseUntil(text: string | undefined, now: number): Parsed<number> {
  return text === undefined ? { kind: 'value', value: now + 1 } : parseInstant('--until', text, now)
}

export function parseTimeZone(text: string): Parsed<string> {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return { kind: 'value', value: text }
  } catch {
    return problem('--tz', text, 'give an IANA name such as UTC or Europe/Berlin')
  }
}

/** Dimensions separated by commas; each once. */
export function parseDimensions(text: string): Parsed<readonly ReportDimension[]> {
  const dimensions = new Set<ReportDimension>()
  for (const name of text.split(',').map((part) => part.trim())) {
    const dimension = knownDimension(name)
    if (dimension === undefined) return unknownDimension(name)
    dimensions.add(dimension)
  }
  return { kind: 'value', value: [...dimensions] }
}

/** A count of at least 1. */
export function parseLimit(text: string): Parsed<number> {
  if (/^[1-9]\d{0,8}$/.test(text)) return { kind: 'value', value: Number(text) }
  return problem('--limit', text, 'give a whole number from 1 on')
}

function isoInstant(text: string): number {
  if (!ISO_8601.test(text)) return Number.NaN
  const hasOffset = /(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T')
  return Date.parse(hasOffset ? text : `${text}Z`)
}

function knownDimension(name: string): ReportDimension | undefined {
  if (name.startsWith('tag:') && name.length > 'tag:'.length) return `tag:${name.slice('tag:'.length)}`
  return REPORT_DIMENSIONS.find((dimension) => dimension === name)
}

function unknownDimension(name: string): Parsed<never> {
  const nearest = nearestName(name, REPORT_DIMENSIONS)
  const hint = nearest === undefined ? '' : `did you mean ${nearest}? `
  return problem('--by', name, `${hint}Known are ${REPORT_DIMENSIONS.join(', ')} and tag:NAME`)
}

function problem(option: string, text: string, remedy: string): { kind: 'problem'; message: string } {
  return { kind: 'problem', message: `${option} cannot be ${JSON.stringify(text)}: ${remedy}.` }
}
