import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_MODEL, CLAUDE, type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

// Told as skipped where there is no Python at all; anything else that is missing is a failure.
const hasPython = spawnSync('python3', ['--version']).status === 0

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const run = promisify(execFile)

interface Told {
  text: string
  pieces: string[]
  usage: number[]
  calls: unknown[]
  structured: unknown
}

let pair: Pair
/** What `python_frameworks.py` prints, by model. */
let results: Record<string, Told>

// The first run makes a Python environment, which downloads some hundred packages.
beforeAll(async () => {
  if (!hasPython) return
  const venv = await run(process.execPath, [path('../../scripts/python-venv.mjs'), 'frameworks'])
  pair = await startPair()
  const args = [path('./python_frameworks.py'), pair.origin, CHAT_MODEL, RESPONSES_MODEL, CLAUDE]
  results = JSON.parse((await run(venv.stdout.trim(), args)).stdout)
}, 480_000)

afterAll(() => pair?.stop())

const PIECES = ['You', ' said:', ' one', ' two', ' three']
const WEATHER = { city: 'a "city", naïve', days: 7 }

describe.skipIf(!hasPython)('LangChain (Python)', () => {
  test.each([
    'langchain chat',
    'langchain responses',
    'langchain responses by messages',
    'langchain anthropic',
    'langchain anthropic by chat',
  ])('%s: text, usage, pieces, tools and structure are what the provider said', (model) => {
    expect(results[model]).toEqual({
      text: 'You said: hello, world',
      usage: [expect.any(Number), expect.any(Number)],
      pieces: PIECES,
      calls: [WEATHER, WEATHER],
      structured: WEATHER,
    })
  })
})

describe.skipIf(!hasPython)('LlamaIndex', () => {
  test.each(['llama index chat', 'llama index chat by messages'])(
    '%s: text and pieces are what the provider said',
    (model) => {
      expect(results[model]).toEqual({ text: 'You said: hello, world', pieces: PIECES })
    },
  )
})
