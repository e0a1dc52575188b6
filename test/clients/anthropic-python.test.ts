import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_MODEL, CLAUDE, type Pair, startPair } from './start-pair.ts'

// Told as skipped where there is no Python at all; anything else that is missing is a failure.
const hasPython = spawnSync('python3', ['--version']).status === 0

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const run = promisify(execFile)

let pair: Pair
let python: string

// The first run makes a Python environment, which downloads a few packages.
beforeAll(async () => {
  if (!hasPython) return
  python = (await run(process.execPath, [path('../../scripts/python-venv.mjs')])).stdout.trim()
  pair = await startPair()
}, 300_000)

afterAll(() => pair?.stop())

describe.skipIf(!hasPython).each([
  ['natively', CLAUDE],
  ['said in chat', CHAT_MODEL],
])('anthropic (Python), %s', (_, model) => {
  test('messages, streams, tools and errors are what the provider said, to both of its clients', async () => {
    const before = pair.mock.requests.length
    const { stdout } = await run(python, [path('./anthropic_python.py'), pair.origin, model])
    const results = JSON.parse(stdout)
    const [whole, streamed] = pair.mock.requests.slice(before)
    expect(results.message).toEqual({
      text: 'You said: naïve ☂',
      stop_reason: 'end_turn',
      usage: { input_tokens: whole?.counted?.input, output_tokens: whole?.counted?.output },
    })
    expect(results.stream).toEqual({
      pieces: streamed?.said?.choices[0]?.pieces,
      text: 'You said: one two three',
      stop_reason: 'end_turn',
    })
    const call = { name: 'get_weather', input: { city: 'a "city", naïve', days: 7 } }
    expect(results.tools).toEqual({ calls: [call, call], answer: 'The tool said: rain' })
    expect(results.refusal).toMatchObject({
      status: 400,
      body: { type: 'error', error: { type: 'invalid_request_error' } },
    })
    expect(results.asynchronous).toEqual({ text: 'You said: hello', pieces: ['You', ' said:', ' hello'] })
  }, 60_000)
})
