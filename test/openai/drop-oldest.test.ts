/** Long conversations lose their oldest turns, and never what the system says, the newest turn, or half of a tool's use. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { splice } from '../../src/openai/body-splice.ts'
import { dropOldest } from '../../src/openai/drop-oldest.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'

type Message = Record<string, unknown>

function kept(messages: readonly Message[], mostBytes: number): Message[] {
  const bytes = new TextEncoder().encode(
    JSON.stringify({ model: 'm', messages, stream: false }, undefined, 1),
  )
  const request = parseModelRequest('chat/completions', bytes)
  const { splices } = dropOldest(request, bytes.length, mostBytes, ({ start, end }) => end - start)
  const body = JSON.parse(new TextDecoder().decode(splice(bytes, splices))) as Message
  expect(body).toMatchObject({ model: 'm', stream: false })
  return body.messages as Message[]
}

const system = { role: 'system', content: 'Be brief.' }
const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const calls = { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f' } }] }
const tool = { role: 'tool', tool_call_id: 'c', content: 'out' }

it('leaves out whole turns, the oldest first, until it fits', () => {
  const turns = [user('one'), assistant('1'), user('two'), calls, tool, assistant('2'), user('three')]
  const all = [system, ...turns]
  const size = JSON.stringify({ model: 'm', messages: all, stream: false }, undefined, 1).length
  expect(kept(all, size)).toEqual(all)
  expect(kept(all, size - 1)).toEqual([system, ...turns.slice(2)])
  expect(kept(all, 1)).toEqual([system, user('three')])
})

it('takes what tools gave back to messages for a part of their turn', () => {
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'out' }] }
  const used = { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] }
  expect(kept([user('one'), assistant('1'), user('two'), used, result], 1)).toEqual([
    user('two'),
    used,
    result,
  ])
})

it('keeps the system, the newest turn and the order, whatever is said', () => {
  const message = fc.oneof(
    fc.constant(system),
    fc.string().map(user),
    fc.string().map(assistant),
    fc.constant(calls),
    fc.constant(tool),
  )
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), fc.nat(3000), (messages, mostBytes) => {
      const left = kept(messages, mostBytes)
      const ofSystem = (all: readonly Message[]) => all.filter(({ role }) => role === 'system').length
      expect(ofSystem(left)).toBe(ofSystem(messages))
      expect(left.at(-1)).toEqual(messages.at(-1))
      const lastUser = messages.findLastIndex(({ role }) => role === 'user')
      expect(left.slice(-(messages.length - Math.max(0, lastUser)))).toEqual(
        messages.slice(Math.max(0, lastUser)),
      )
    }),
    { numRuns: 500 },
  )
})
