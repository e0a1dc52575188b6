/** Anthropic's streams under `test/fixtures/messages`, with what must be read out of each. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface MessagesExpectation {
  text: string
  thinking: string
  input: string
  names: string
  finishReason: string | null
  done: boolean
  model: string
  tokens: Record<string, number>
  error?: { message: string; code: string; status: number }
  rest?: boolean
}

export function messagesFixtures(): [name: string, bytes: Uint8Array, expected: MessagesExpectation][] {
  const expected = JSON.parse(read('expected.json').toString()) as Record<string, MessagesExpectation>
  return Object.entries(expected).map(([name, expectation]) => [
    name,
    new Uint8Array(read(name)),
    expectation,
  ])
}

function read(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../fixtures/messages/${name}`, import.meta.url)))
}
