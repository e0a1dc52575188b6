import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embed } from '../support/mock-provider/embeddings-answer.ts'
import { CHAT_MODEL, EMBEDDING_MODEL, type Pair, startPair } from './start-pair.ts'

// Told as skipped where there is no Python at all; anything else that is missing is a failure.
const hasPython = spawnSync('python3', ['--version']).status === 0

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

interface ToolCall {
  id: string
  name: string
  arguments: string
}

/** What `openai_python.py` prints. */
interface Results {
  chat: { content: string; usage: unknown }
  stream: { pieces: string[]; finish: string; with_usage: number }
  tools: ToolCall
  tools_streamed: ToolCall
  parse: unknown
  embeddings: number[][]
  embeddings_again: number[][]
  refusal: unknown
  asynchronous: { content: string; pieces: string[] }
}

let pair: Pair
let results: Results

const run = promisify(execFile)
let python: string

// The first run makes a Python environment, which downloads a few packages.
beforeAll(async () => {
  if (!hasPython) return
  const venv = await run(process.execPath, [path('../../scripts/python-venv.mjs')])
  python = venv.stdout.trim()
  pair = await startPair()
  const args = [path('./openai_python.py'), pair.baseUrl, CHAT_MODEL, EMBEDDING_MODEL]
  results = JSON.parse((await run(python, args)).stdout)
}, 300_000)

afterAll(() => pair?.stop())

/** What the provider said to the nth request, 0 first. */
function said(index: number) {
  const answer = pair.mock.requests[index]?.said
  if (answer === undefined) throw new Error(`the provider answered no request ${index}`)
  return answer
}

describe.skipIf(!hasPython)('openai-python', () => {
  test("README's snippet prints the answer and nothing else", async () => {
    const snippet = /```python\n([\s\S]*?)```/.exec(readFileSync(path('../../README.md'), 'utf8'))?.[1] ?? ''
    const env = { ...process.env, OPENAI_BASE_URL: pair.baseUrl, OPENAI_API_KEY: 'sk-of-the-caller' }
    const { stdout } = await run(python, ['-c', snippet.replace('gpt-5.5', CHAT_MODEL)], { env })
    expect(stdout).toBe('You said: How do tides work?')
  })

  test('chat: content and usage are the provider’s', () => {
    expect(results.chat.content).toBe('You said: naïve ☂')
    expect(results.chat.usage).toMatchObject(said(0).usage)
  })

  test('stream: pieces arrive one for one, and no usage where none was asked for', () => {
    expect(results.stream).toEqual({ pieces: said(1).choices[0]?.pieces, finish: 'stop', with_usage: 0 })
  })

  test('tools: the provider’s arguments, whole and streamed', () => {
    expect(results.tools).toEqual(said(2).choices[0]?.toolCalls[0])
    expect(results.tools_streamed).toEqual(said(3).choices[0]?.toolCalls[0])
  })

  test('structured parse: pydantic reads what the provider said', () => {
    expect(results.parse).toEqual(JSON.parse(said(4).choices[0]?.pieces.join('') ?? ''))
    expect(pair.mock.requests[4]?.body?.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'Forecast', strict: true },
    })
  })

  test('embeddings: base64, the SDK’s own choice, gives the provider’s vectors', () => {
    expect(pair.mock.requests[5]?.body?.encoding_format).toBe('base64')
    expect(results.embeddings).toEqual(['one', 'two'].map((text) => [...embed(text, 8)]))
  })

  test('embeddings: a batch of which some are remembered is whole, in its order', () => {
    const input = ['three', 'two', 'one', 'four']
    expect(results.embeddings_again).toEqual(input.map((text) => [...embed(text, 8)]))
    if (process.env.CLIENTS_DIRECT !== '1')
      expect(pair.mock.requests[9]?.body?.input).toEqual(['three', 'four'])
  })

  test('errors: the provider’s refusal is the SDK’s own class with the provider’s fields', () => {
    expect(results.refusal).toEqual({
      status: 400,
      param: 'messages[0].content[0].type',
      code: 'invalid_value',
    })
  })

  test('async: chat and stream', () => {
    expect(results.asynchronous).toEqual({
      content: 'You said: hello',
      pieces: said(8).choices[0]?.pieces,
    })
  })
})
