/** The streams under `test/fixtures/responses`, with what must be read out of each. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface ResponseExpectation {
  /** Everything that counts as answer. */
  text: string
  finishReason: string | null
  usage: unknown
  done?: boolean
  tokens?: Record<string, number>
  error?: { message: string; code: string; status: number }
  /** The stream ends within an event. */
  rest?: boolean
}

export function responseStreams(): [name: string, bytes: Uint8Array, expected: ResponseExpectation][] {
  const expected = JSON.parse(read('expected.json').toString()) as Record<string, ResponseExpectation>
  return Object.entries(expected).map(([name, expectation]) => [
    name,
    new Uint8Array(read(name)),
    expectation,
  ])
}

function read(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/responses/streams/${name}`, import.meta.url)))
}
