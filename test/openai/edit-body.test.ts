import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BodyEdits, editBody } from '../../src/openai/edit-body.ts'
import type { MemberEdit } from '../../src/openai/member-edit.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { jsonText, objectText, stringSpelling } from './json-text.ts'

const ALL: BodyEdits = { model: 'small', includeUsage: true, maxTokens: 50, dropMetadataPrefix: 'trimtab_' }

const DROP_STOP: MemberEdit = { kind: 'drop', name: 'stop' }
const BOUND_RENAMED: MemberEdit[] = [
  { kind: 'drop', name: 'max_completion_tokens' },
  { kind: 'rename', name: 'max_tokens', to: 'max_completion_tokens' },
]

describe('editBody', () => {
  it.each<[string, BodyEdits, string, string[]]>([
    ['{"model" : "a/b", "messages":[]}', { model: 'c"d' }, '{"model" : "c\\"d", "messages":[]}', ['model']],
    ['{"messages":[]}', { model: 'c' }, '{"messages":[],"model":"c"}', ['model']],
    [
      '{"messages":[] }',
      { includeUsage: true },
      '{"messages":[],"stream_options":{"include_usage":true} }',
      ['stream_options.include_usage'],
    ],
    [
      '{"stream_options": null, "messages":[]}',
      { includeUsage: true },
      '{"stream_options": {"include_usage":true}, "messages":[]}',
      ['stream_options.include_usage'],
    ],
    [
      '{"stream_options": { "x": 1 }, "messages":[]}',
      { includeUsage: true },
      '{"stream_options": {"include_usage":true, "x": 1 }, "messages":[]}',
      ['stream_options.include_usage'],
    ],
    [
      '{"stream_options": { }, "messages":[]}',
      { includeUsage: true },
      '{"stream_options": {"include_usage":true }, "messages":[]}',
      ['stream_options.include_usage'],
    ],
    [
      '{"stream_options":{"include_usage" : false},"messages":[]}',
      { includeUsage: true },
      '{"stream_options":{"include_usage" : true},"messages":[]}',
      ['stream_options.include_usage'],
    ],
    [
      '{"max_tokens":900,"messages":[]}',
      { maxTokens: 300 },
      '{"max_tokens":300,"messages":[]}',
      ['max_tokens'],
    ],
    [
      '{"max_tokens":100,"max_completion_tokens":1e3,"messages":[]}',
      { maxTokens: 300 },
      '{"max_tokens":100,"max_completion_tokens":300,"messages":[]}',
      ['max_completion_tokens'],
    ],
    [
      '{"messages":[]}',
      { maxTokens: 9 },
      '{"messages":[],"max_completion_tokens":9}',
      ['max_completion_tokens'],
    ],
    [
      '{"messages":[]}',
      { maxTokens: 9, boundMember: 'max_tokens' },
      '{"messages":[],"max_tokens":9}',
      ['max_tokens'],
    ],
    [
      '{"max_tokens":null,"messages":[]}',
      { maxTokens: 9, boundMember: 'max_tokens' },
      '{"max_tokens":9,"messages":[]}',
      ['max_tokens'],
    ],
    [
      '{"metadata":{"trimtab_a":"1", "b":"2" , "trimtab_c":"3"},"messages":[]}',
      { dropMetadataPrefix: 'trimtab_' },
      '{"metadata":{"b":"2"},"messages":[]}',
      ['metadata.trimtab_*'],
    ],
    [
      '{"metadata":{"a":1,"\\u0074rimtab_b":2,"trimtab_c":3,"d":4},"messages":[]}',
      { dropMetadataPrefix: 'trimtab_' },
      '{"metadata":{"a":1,"d":4},"messages":[]}',
      ['metadata.trimtab_*'],
    ],
    [
      '{"metadata": { "trimtab_a":"1" },"messages":[]}',
      { dropMetadataPrefix: 'trimtab_' },
      '{"metadata": {},"messages":[]}',
      ['metadata.trimtab_*'],
    ],
    [
      '{ "stop" : "x" , "messages":[], "user":"u", "seed" :7 }',
      {
        members: [
          DROP_STOP,
          { kind: 'drop', name: 'user' },
          { kind: 'rename', name: 'seed', to: 'random_seed' },
        ],
      },
      '{ "messages":[], "random_seed" :7 }',
      [],
    ],
    [
      '{"messages":[] , "\\u0073top":"x"}',
      { members: [DROP_STOP, { kind: 'set', name: 'reasoning', value: { effort: 'low' } }], model: 'c' },
      '{"messages":[],"reasoning":{"effort":"low"},"model":"c"}',
      ['model'],
    ],
    [
      '{"max_tokens":900,"messages":[],"max_completion_tokens":null}',
      { members: BOUND_RENAMED, maxTokens: 300 },
      '{"max_completion_tokens":300,"messages":[]}',
      ['max_tokens'],
    ],
    [
      '{"messages":[],"max_tokens":900}',
      { members: [{ kind: 'drop', name: 'max_tokens' }], maxTokens: 300 },
      '{"messages":[],"max_completion_tokens":300}',
      ['max_completion_tokens'],
    ],
    ['{"messages":[]}', { members: [DROP_STOP] }, '{"messages":[]}', []],
  ])('turns %s under %o into %s', (before, edits, after, notes) => {
    const edited = editBody(parse(before), edits)
    expect(decode(edited.bytes)).toBe(after)
    expect(edited.notes).toEqual(notes)
  })

  it('gives the very same bytes back where nothing changes', () => {
    const text =
      '{"model":"sm\\u0061ll","messages":[],"max_tokens":50,"stream_options":{"include_usage":true},"metadata":{"a":"trimtab_"}}'
    const request = parse(text)
    const edited = editBody(request, ALL)
    expect(edited.bytes).toBe(request.bytes)
    expect(edited.notes).toEqual([])
  })

  it('writes the expected object and touches no other byte, for any body', () => {
    fc.assert(
      fc.property(bodyText, (text) => {
        const request = parse(text)
        const edited = decode(editBody(request, ALL).bytes)
        expect(JSON.parse(edited)).toEqual(expectedBody(JSON.parse(text)))
        const untouched = /^(?:messages|other)/
        const spans = (of: ReturnType<typeof parse>) =>
          [...of.members]
            .filter(([name]) => untouched.test(name))
            .map(([, { keyStart, valueEnd }]) => decode(of.bytes.subarray(keyStart, valueEnd)))
        expect(spans(parse(edited))).toEqual(spans(request))
        expect(withoutEdited(edited)).toBe(withoutEdited(text))
      }),
      { numRuns: 400 },
    )
  })

  it('edits any members of any body, and keeps the bytes and the order of all others', () => {
    fc.assert(
      fc.property(bodyText, memberEdits, (text, members) => {
        const request = parse(text)
        const edited = decode(editBody(request, { members }).bytes)
        expect(JSON.parse(edited)).toEqual(afterEdits(JSON.parse(text), members))
        const others = new Set(['model', 'metadata', 'max_tokens', 'other', 'renamed', 'added'])
        const written = (of: ReturnType<typeof parse>) =>
          [...of.members]
            .filter(([name]) => !others.has(name))
            .map(([, { keyStart, valueEnd }]) => decode(of.bytes.subarray(keyStart, valueEnd)))
        expect(written(parse(edited))).toEqual(written(request))
        const value = ({ bytes, members: found }: ReturnType<typeof parse>, name: string) => {
          const member = found.get(name)
          return member && decode(bytes.subarray(member.valueStart, member.valueEnd))
        }
        if (members.some(({ kind, name }) => kind === 'rename' && name === 'other'))
          expect(value(parse(edited), 'renamed')).toBe(value(request, 'other'))
      }),
      { numRuns: 1000 },
    )
  })
})

const memberEdits: fc.Arbitrary<MemberEdit[]> = fc
  .tuple(
    fc.constantFrom<MemberEdit[]>([], [{ kind: 'drop', name: 'metadata' }]),
    fc.constantFrom<MemberEdit[]>([], [{ kind: 'drop', name: 'max_tokens' }]),
    fc.constantFrom<MemberEdit[]>(
      [],
      [{ kind: 'drop', name: 'other' }],
      [{ kind: 'rename', name: 'other', to: 'renamed' }],
    ),
    fc.constantFrom<MemberEdit[]>(
      [],
      [{ kind: 'drop', name: 'model' }],
      [{ kind: 'set', name: 'model', value: 'é' }],
    ),
    fc.constantFrom<MemberEdit[]>([], [{ kind: 'set', name: 'added', value: { one: ['x'] } }]),
  )
  .map((edits) => edits.flat())

function afterEdits(body: Record<string, unknown>, edits: readonly MemberEdit[]): Record<string, unknown> {
  const after = { ...body }
  for (const edit of edits) {
    if (edit.kind === 'set') after[edit.name] = edit.value
    else delete after[edit.name]
    if (edit.kind === 'rename' && edit.name in body) after[edit.to] = body[edit.name]
  }
  return after
}

const include = fc.constantFrom('true', 'false', 'null')
const bound = fc.constantFrom('10', '50', '51', '1e4', 'null')
const keyed = (name: string, value: fc.Arbitrary<string>) => fc.tuple(stringSpelling(name), value)

const streamOptions = fc.oneof(
  fc.constant('null'),
  fc.constant('{}'),
  fc.tuple(keyed('include_usage', include), keyed('x', jsonText)).chain(objectText),
  fc.tuple(keyed('y', jsonText)).chain(objectText),
)

const metadata = fc.oneof(
  fc.constant('null'),
  fc
    .subarray(['a', 'trimtab_step', 'b', 'trimtab_session', 'trimtab_', 'trim'])
    .chain((names) => fc.shuffledSubarray(names, { minLength: names.length }))
    .chain((names) => fc.tuple(...names.map((name) => keyed(name, jsonText))).chain(objectText)),
)

const bodyText: fc.Arbitrary<string> = fc
  .tuple(
    fc
      .constantFrom('"large"', '"small"', '"l\\u0061rge"')
      .chain((model) => keyed('model', fc.constant(model))),
    keyed(
      'messages',
      fc.array(jsonText, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    ),
    keyed('stream_options', streamOptions),
    keyed('metadata', metadata),
    keyed('max_tokens', bound),
    keyed('max_completion_tokens', bound),
    keyed('other', jsonText),
    keyed('other "2"', jsonText),
  )
  .chain((members) => fc.shuffledSubarray([...members]))
  .map((members) =>
    members.some(([key]) => JSON.parse(key) === 'messages')
      ? members
      : [...members, ['"messages"', '[]'] as [string, string]],
  )
  .chain(objectText)

function expectedBody(body: Record<string, unknown>): Record<string, unknown> {
  const stated = [body.max_tokens, body.max_completion_tokens].some((value) => typeof value === 'number')
  const lower = (value: unknown) => (typeof value === 'number' ? Math.min(value, 50) : value)
  const metadataAfter =
    typeof body.metadata === 'object' && body.metadata !== null
      ? Object.fromEntries(Object.entries(body.metadata).filter(([name]) => !name.startsWith('trimtab_')))
      : body.metadata
  return {
    ...body,
    model: 'small',
    stream_options: { ...(body.stream_options as object | null), include_usage: true },
    ...('metadata' in body && { metadata: metadataAfter }),
    ...('max_tokens' in body && { max_tokens: lower(body.max_tokens) }),
    ...('max_completion_tokens' in body && { max_completion_tokens: lower(body.max_completion_tokens) }),
    ...(!stated && { max_completion_tokens: 50 }),
  }
}

/** The text with the values that may be edited cut out, and added members with their commas. */
function withoutEdited(text: string): string {
  const { bytes, members } = parse(text)
  const edited = new Set(['model', 'stream_options', 'metadata', 'max_tokens', 'max_completion_tokens'])
  let kept = ''
  let from = 0
  for (const [name, { valueStart, valueEnd }] of members) {
    if (!edited.has(name)) continue
    kept += decode(bytes.subarray(from, valueStart))
    from = valueEnd
  }
  kept += decode(bytes.subarray(from))
  return kept.replace(/,?"(?:model|stream_options|max_completion_tokens)":(?=\s*[,}])/g, '')
}

function parse(text: string) {
  return parseModelRequest('chat/completions', new TextEncoder().encode(text))
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
