/** JSON that users and tools quote loses its white space, and nothing else of a request changes. */
import fc from 'fast-check'
import { get_encoding } from 'tiktoken'
import { expect, it } from 'vitest'
import { splice } from '../../src/openai/body-splice.ts'
import { minifyTurns } from '../../src/openai/minify-json.ts'
import type { ModelEndpoint } from '../../src/openai/model-request.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'

function minified(text: string, endpoint: Exclude<ModelEndpoint, 'messages'> = 'chat/completions') {
  const request = parseModelRequest(endpoint, new TextEncoder().encode(text))
  const { splices, lines } = minifyTurns(request)
  return { text: new TextDecoder().decode(splice(request.bytes, splices)), lines }
}

function chat(...messages: unknown[]): string {
  return JSON.stringify({ model: 'm', messages })
}

const user = (content: unknown) => ({ role: 'user', content })
const PRETTY = '{\n  "name": "a  b\\n",\n  "list": [ 1.50, 2e3 ]\n}'
const MINIFIED = '{"name":"a  b\\n","list":[1.50,2e3]}'

it.each([
  ['a text', user(PRETTY), user(MINIFIED)],
  ['parts', user([{ type: 'text', text: PRETTY }]), user([{ type: 'text', text: MINIFIED }])],
  ['what a tool gave back', { role: 'tool', content: PRETTY }, { role: 'tool', content: MINIFIED }],
  [
    'a fence',
    user(`Sum this up:\n\`\`\`json\n${PRETTY}\n\`\`\`\nin  short`),
    user(`Sum this up:\n\`\`\`json\n${MINIFIED}\n\`\`\`\nin  short`),
  ],
])('minifies %s', (_, given, expected) => {
  const answer = { role: 'assistant', content: PRETTY }
  const found = minified(chat(user(PRETTY), answer, given))
  // What was the newest turn a request ago is sent as it was then.
  expect(found.text).toBe(chat(user(MINIFIED), answer, expected))
  expect(found.lines).toBe(minified(chat(given)).lines)
})

it('minifies what tools gave back to responses, and texts of their input', () => {
  const input = [
    { type: 'function_call_output', call_id: 'c', output: PRETTY },
    { role: 'user', content: [{ type: 'input_text', text: PRETTY }] },
  ]
  const body = JSON.stringify({ model: 'm', input })
  expect(minified(body, 'responses').text).toBe(
    body.replaceAll(JSON.stringify(PRETTY), JSON.stringify(MINIFIED)),
  )
})

it.each([
  ['prose with braces', 'what does { "a": 1 } mean?'],
  ['broken JSON', '{ "a": 1, }'],
  ['code', '```js\nconst a = [ 1, 2 ]\n```'],
  ['a number', ' 1 '],
])('leaves %s as it is', (_, text) => {
  expect(minified(chat(user(text)))).toEqual({ text: chat(user(text)), lines: 0 })
})

it('keeps how characters are escaped', () => {
  const content = String.raw`{ "\u00e9\/": "\ud83d\ude00 \\u0041" , "x": "😀 é" }`
  // Written by hand: escapes within the body's own string.
  const body = `{"model":"m","messages":[{"role":"user","content":${JSON.stringify(content).replace('{ ', '{\\u0020\\t')}}]}`
  const expected = `{"model":"m","messages":[{"role":"user","content":${JSON.stringify(String.raw`{"\u00e9\/":"\ud83d\ude00 \\u0041","x":"😀 é"}`)}}]}`
  expect(minified(body).text).toBe(expected)
})

const document = fc.oneof(fc.object({ maxDepth: 4 }), fc.array(fc.jsonValue()))
const indent = fc.constantFrom(0, 1, 2, 4, '\t', ' \n')

it('says the same, whatever the JSON is, and says it in as few bytes as can be', () => {
  fc.assert(
    fc.property(document, indent, fc.string(), (value, space, earlier) => {
      const json = JSON.stringify(value, undefined, space) ?? '{}'
      const before = [user(`Then: ${earlier}`), { role: 'assistant', content: '{ }' }]
      const { text } = minified(chat(...before, user(json)))
      expect(text).toBe(chat(...before, user(JSON.stringify(JSON.parse(json)))))
      expect(minified(text).text).toBe(text)
    }),
    { numRuns: 500 },
  )
})

it('claims no more tokens than a tokenizer finds gone, and a good part of them', () => {
  const encoding = get_encoding('o200k_base')
  const rows = Array.from({ length: 40 }, (_, index) => ({
    id: index * 7919,
    name: `Customer ${index}`,
    tags: ['new', 'paid'],
    address: { city: 'Utrecht', lines: [`Street ${index}`, null] },
  }))
  for (const space of [1, 2, 4, '\t'] as const) {
    const pretty = JSON.stringify(rows, undefined, space)
    const gone = encoding.encode(pretty).length - encoding.encode(JSON.stringify(rows)).length
    const { lines } = minified(chat(user(pretty)))
    expect(lines).toBeLessThanOrEqual(gone)
    expect(lines).toBeGreaterThan(gone * 0.3)
  }
  encoding.free()
})

it('minifies an input of responses that is one text', () => {
  const body = (input: string) => JSON.stringify({ input, model: 'm' })
  expect(minified(body(PRETTY), 'responses').text).toBe(body(MINIFIED))
  expect(minified(body(`Say ${PRETTY}`), 'responses').text).toBe(body(`Say ${PRETTY}`))
})
