/** Random JSON texts as clients really write them: odd spacing, escapes, number forms and scripts. */
import fc from 'fast-check'

const space = fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')
const number = fc.constantFrom(
  '0',
  '-0',
  '1',
  '12',
  '1.0',
  '1e3',
  '1E+2',
  '-3.25e-2',
  '0.10',
  '9007199254740993',
  '1.50',
)
const word = fc.constantFrom('true', 'false', 'null')
const text = fc.string({ unit: 'binary', maxLength: 12 }).map(wellFormed)

/** One text has many spellings in JSON. */
export function stringSpelling(value: string): fc.Arbitrary<string> {
  return fc.constantFrom(
    JSON.stringify(value),
    JSON.stringify(value).replaceAll('/', '\\/'),
    `"${Array.from({ length: value.length }, (_, at) => unicodeEscape(value.charCodeAt(at))).join('')}"`,
  )
}

const spelledText = text.chain(stringSpelling)

export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    word,
    spelledText,
    fc.array(tie('value'), { maxLength: 4 }).chain((items) => spaced(items, '[', ']')),
    fc.array(fc.tuple(spelledText, space, tie('value')), { maxLength: 4 }).chain((members) =>
      spaced(
        uniqueKeys(members).map(([key, gap, value]) => `${key}${gap}:${gap}${value}`),
        '{',
        '}',
      ),
    ),
  ),
})).value

/** An object with exactly these members, each `[key, value]` spelled already. */
export function objectText(
  members: readonly (readonly [key: string, value: string])[],
): fc.Arbitrary<string> {
  return fc.array(space, { minLength: members.length, maxLength: members.length }).chain((gaps) =>
    spaced(
      members.map(([key, value], at) => `${key}${gaps[at]}:${gaps[at]}${value}`),
      '{',
      '}',
    ),
  )
}

function spaced(items: readonly string[], open: string, close: string): fc.Arbitrary<string> {
  return fc
    .tuple(space, space)
    .map(([before, after]) => open + before + items.join(`${after},${before}`) + after + close)
}

function uniqueKeys<T extends readonly [string, ...unknown[]]>(members: readonly T[]): T[] {
  return [...new Map(members.map((member) => [JSON.parse(member[0]) as string, member])).values()]
}

/** Lone surrogates cannot travel as UTF-8. */
export function wellFormed(value: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(value))
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
