/**
 * The codex CLI, unmodified, on a model that is scripted: it calls codex's shell, and then tells what that said.
 * It is too large to be a dependency: TRIMTAB_CODEX=PATH names an installed `codex`; without it the test is skipped.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { counted } from '../support/mock-provider/counted.ts'
import { responseFrames } from '../support/mock-provider/responses-wire.ts'
import { type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

const codex = process.env.TRIMTAB_CODEX

let pair: Pair
let home: string

beforeAll(async () => {
  if (codex === undefined) return
  pair = await startPair()
  home = mkdtempSync(join(tmpdir(), 'trimtab-codex-'))
  mkdirSync(join(home, 'work'))
  const config = `
model_provider = "trimtab"
[model_providers.trimtab]
name = "trimtab"
base_url = "${pair.baseUrl}"
env_key = "TRIMTAB_KEY"
wire_api = "responses"
request_max_retries = 0
`
  writeFileSync(join(home, 'config.toml'), config)
})

afterAll(async () => {
  await pair?.stop()
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
})

describe.skipIf(codex === undefined)('codex', () => {
  test('runs what the model asks for, and brings back what it said', async () => {
    const bytes = callOf('exec_command', { cmd: 'echo the rudder turns $((3 * 7))' })
    pair.mock.script([{ kind: 'replay', bytes, at: [] }])
    const args = ['--skip-git-repo-check', '--json', '-s', 'danger-full-access', '-m', RESPONSES_MODEL]
    const env = { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, TRIMTAB_KEY: 'provider-key' }
    const options = { env, cwd: join(home, 'work'), timeout: 60_000 }
    const running = promisify(execFile)(String(codex), ['exec', ...args, 'Steer.'], options)
    running.child.stdin?.end()
    const { stdout } = await running
    expect(stdout).toContain('"type":"turn.completed"')
    expect(stdout).toMatch(/The tool said: .*the rudder turns 21/s)
    expect(pair.mock.requests.map(({ url }) => url)).toEqual(['/v1/responses', '/v1/responses'])
    const input = pair.lastSeen().body?.input
    expect(input).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'function_call', name: 'exec_command', call_id: 'call_scripted' }),
        expect.objectContaining({ type: 'function_call_output', call_id: 'call_scripted' }),
      ]),
    )
  }, 90_000)
})

/** The stream of a response that calls one tool. */
function callOf(name: string, input: object): Uint8Array {
  const call = { id: 'call_scripted', name, arguments: JSON.stringify(input) }
  const frames = responseFrames({
    id: 'resp_scripted',
    createdAt: 1,
    request: { model: RESPONSES_MODEL },
    choice: { pieces: [], toolCalls: [call], finishReason: 'tool_calls' },
    counted: counted({ input: 10, output: 10 }),
    customTools: [],
  })
  return Buffer.from(frames.join(''))
}
