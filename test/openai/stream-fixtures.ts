/** The provider answers under `test/fixtures/streams`, with what must be read out of each. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface StreamExpectation {
  text: string
  reasoning?: string
  finishReason: string | null
  done: boolean
  usage: unknown
  usageOnlyEvents: number
  tokens?: Record<string, number>
  error?: { message: string; code: string | null; status: number | null }
  /** The stream ends within an event. */
  rest?: boolean
}

export interface AnswerExpectation {
  kind: 'answer' | 'error' | 'malformed'
  tokens?: Record<string, number>
  [member: string]: unknown
}

export function streamFixtures(): [name: string, bytes: Uint8Array, expected: StreamExpectation][] {
  return fixtures<StreamExpectation>('')
}

export function answerFixtures(): [name: string, bytes: Uint8Array, expected: AnswerExpectation][] {
  return fixtures<AnswerExpectation>('answers/')
}

function fixtures<T>(folder: string): [string, Uint8Array, T][] {
  const expected = JSON.parse(read(`${folder}expected.json`).toString()) as Record<string, T>
  return Object.entries(expected).map(([name, expectation]) => {
    return [name, new Uint8Array(read(folder + name)), expectation]
  })
}

function read(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../fixtures/streams/${name}`, import.meta.url)))
}
