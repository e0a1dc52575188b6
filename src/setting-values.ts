/**
 * The kinds of value that configuration and policy files are written with, as zod schemas.
 * Each words its own refusal as `must be …, not …`, so that a problem reads as one sentence after the key's name.
 */
import { z } from 'zod'
import { suggestion } from './nearest-name.ts'

/** The refusal of a value that is not there. */
export const MISSING = 'is missing'

const SHOWN_LENGTH = 60

/** A mapping without unknown keys; the refusal holds one line for each of them, in the issue's order. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `is not a key here${unknownKeyHint(key, known)}`).join('\n')
        : mustBe('a mapping of keys to values')(issue),
  })
}

export function text() {
  const error = mustBe('text that is not empty')
  return z.string({ error }).min(1, { error })
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: mustBe(listed(values), values) })
}

/** As `choice`, where `true` and `false` are read as `on` and `off`, if these are among the values. */
export function mode<const Values extends readonly [string, ...string[]]>(values: Values) {
  const error = mustBe(listed(values), values)
  return z.union([z.enum(values, { error }), z.boolean({ error })], { error }).transform((value, context) => {
    const word = typeof value === 'boolean' ? (value ? 'on' : 'off') : value
    if (isOneOf(values, word)) return word
    context.addIssue({ code: 'custom', message: error({ input: value }) })
    return z.NEVER
  })
}

/** `on` or `off`, as a boolean. */
export function onOff() {
  return mode(['on', 'off']).transform((value) => value === 'on')
}

/** One value or a list of them, as a list. */
export function oneOrMany<Item extends z.ZodType>(item: Item) {
  return z
    .union([item, z.array(item)])
    .transform((value): z.output<Item>[] => (Array.isArray(value) ? value : [value as z.output<Item>]))
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: mustBe('a list') })
}

/** Keys that the operator names freely. */
export function named<Item extends z.ZodType>(item: Item) {
  return z.record(z.string(), item, { error: mustBe('a mapping of names to values') })
}

export function numberBetween(least: number, most: number) {
  const error = mustBe(`a number from ${least} to ${most}`)
  return z.number({ error }).min(least, { error }).max(most, { error })
}

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`
  const error = mustBe(`a whole number${bounds}`)
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

/** Variables hold text, so that a number may come as its digits. */
export function numeric<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value),
    schema,
  )
}

/** Never shows what it refuses. */
export const secret = z
  .string({ error: `must be a text, for instance "$\{OPENAI_API_KEY}"` })
  .transform((value) => value.trim())
  .pipe(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/, { error: 'must be a text of printable ASCII characters without spaces' }),
  )

const SIZE = /^(\d{1,6})(KB|MB|GB)?$/i
const UNIT_BYTES = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const

/** `512KB`, `10MB`, as bytes. */
export function size(mostGigabytes: number) {
  const error = mustBe(`a size such as \`10MB\`, at most ${mostGigabytes}GB`)
  return z.union([z.string(), z.number()], { error }).transform((written, context) => {
    const [, amount, unit] = SIZE.exec(String(written)) ?? []
    const factor = unit === undefined ? 1 : UNIT_BYTES[unit.toUpperCase() as keyof typeof UNIT_BYTES]
    const bytes = Number(amount) * factor
    if (bytes >= 1 && bytes <= mostGigabytes * UNIT_BYTES.GB) return bytes
    context.addIssue({ code: 'custom', message: error({ input: written }) })
    return z.NEVER
  })
}

/** Without credentials, query or fragment. */
export function webAddress(example: string) {
  const error = mustBe(`an address such as \`${example}\``)
  return z.string({ error }).regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/, { error })
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/

/** `250ms`, `5s`, `10m`, `1h`, `30d`, as milliseconds above zero. */
export function duration(most: { text: string; ms: number } = { text: '365d', ms: 365 * UNIT_MS.d }) {
  const error = mustBe(`a duration such as \`250ms\`, \`5s\`, \`10m\` or \`1h\`, at most ${most.text}`)
  return z
    .string({ error })
    .regex(DURATION, { error })
    .transform((written, context) => {
      const [, amount, unit] = DURATION.exec(written) ?? []
      const ms = Math.round(Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS])
      if (ms >= 1 && ms <= most.ms) return ms
      context.addIssue({ code: 'custom', message: error({ input: written }) })
      return z.NEVER
    })
}

const PERCENTAGE = /^\d{1,3}(?:\.\d{1,6})?%$/

/** `0.5%`, as a fraction from 0 to 1. */
export function percentage() {
  const error = mustBe('a percentage from 0% to 100%, such as `2%`')
  return z
    .string({ error })
    .regex(PERCENTAGE, { error })
    .refine((written) => Number.parseFloat(written) <= 100, { error })
    .transform((written) => Number.parseFloat(written) / 100)
}

const MONEY = /^\d{1,7}(?:\.\d{1,9})? ?usd$/i

/** `500 usd`, as whole nano-dollars. */
export function money() {
  const error = mustBe('an amount such as `500 usd`, below 10 million')
  return z
    .string({ error })
    .regex(MONEY, { error })
    .transform((written) => Math.round(Number.parseFloat(written) * 1e9))
}

/** An IANA time zone that this machine knows. */
export function timeZone() {
  const error = (issue: { input?: unknown }) =>
    mustBe('an IANA time zone such as `Europe/Berlin`', Intl.supportedValuesOf('timeZone'))(issue)
  return z.string({ error }).refine(isTimeZone, { error })
}

/** Words a refusal: `must be WHAT, not VALUE`, with the nearest of `names`, or `MISSING`. */
export function mustBe(what: string, names: readonly string[] = []) {
  return (issue: { input?: unknown }): string => {
    const { input } = issue
    if (input === undefined) return MISSING
    const hint = typeof input === 'string' ? suggestion(input, names) : ''
    return `must be ${what}, not ${shown(input)}${hint}`
  }
}

/** A value as a person wrote it, in backquotes and cut short. */
export function shown(value: unknown): string {
  if (value === null) return 'an empty value'
  const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  const line = written.replace(/\s+/g, ' ')
  return `\`${line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line}\``
}

/** `a`, `b` or `c`, each in backquotes. */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``)
  if (quoted.length < 2) return quoted.join('')
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

function unknownKeyHint(key: string, known: readonly string[]): string {
  return suggestion(key, known) || `; the keys here are ${listed(known)}`
}

function isOneOf<Values extends readonly string[]>(values: Values, word: string): word is Values[number] {
  return values.includes(word)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
