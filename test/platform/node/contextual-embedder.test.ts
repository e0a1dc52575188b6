/** The contextual embedder with MiniLM's real weights in its real process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EmbedderUnavailable } from '../../../src/embedding/embedder.ts'
import type { ContextualEmbedder } from '../../../src/platform/node/contextual-embedder.ts'
import type { EmbedderModel } from '../../../src/platform/node/embedder-model.ts'
import { contextualEmbedderScript } from '../../../src/platform/node/package-files.ts'
import { identify } from '../../../src/platform/node/process-identity.ts'
import { embedderContract } from '../../embedding/embedder-contract.ts'
import { fetchedMinilm, installMinilm, openMinilm } from '../../support/minilm.ts'

const weights = fetchedMinilm()
const LONG = 'My account was closed by mistake and I need it open again before the end of the month. '.repeat(
  20,
)

describe.skipIf(weights === undefined)('the contextual embedder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-contextual-'))
  let model: EmbedderModel
  let embedder: ContextualEmbedder

  beforeAll(async () => {
    model = await installMinilm(folder, weights ?? '')
    embedder = openMinilm(model)
  })
  afterAll(async () => {
    await embedder.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  embedderContract(() => embedder)

  test('is started by the first call, and not before', async () => {
    const other = openMinilm(model)
    expect(other.pid).toBeUndefined()
    await other.embed(['a'])
    const { pid } = other
    expect(identify(pid ?? 0)).toBeDefined()
    await other.stop()
    expect(identify(pid ?? 0)).toBeUndefined()
    await expect(other.embed(['a'])).rejects.toThrow(/it is being stopped/)
  })

  test('killed in the middle of a call: the call is told so, the next is answered', async () => {
    const said: string[] = []
    const other = openMinilm(model, { said })
    await other.embed(['a'])
    const first = other.pid ?? 0
    const lost = other.embed(Array(200).fill(LONG))
    await pause(20)
    process.kill(first, 'SIGKILL')
    await expect(lost).rejects.toThrow(EmbedderUnavailable)
    await expect(lost).rejects.toThrow(/its process ended/)
    expect(await other.embed(['a'])).toHaveLength(1)
    expect(other.pid).not.toBe(first)
    expect(said.join('\n')).toMatch(/its process was ended by SIGKILL.*started again in/)
    await other.stop()
  })

  test('does not outlive a parent that is killed', async () => {
    const parent = await startParent(model, folder)
    const child = Number(await firstLine(parent))
    expect(identify(child)).toBeDefined()
    parent.kill('SIGKILL')
    while (identify(child) !== undefined) await pause(20)
  })

  test('the event loop turns while vectors are computed', async () => {
    await embedder.embed(['a'])
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await embedder.embed(Array(16).fill(LONG))
    isOver = true
    expect(turns).toBeGreaterThan(1000)
  })

  test('what would wait behind too many is refused at once, and those before it are answered', async () => {
    const before = embedder.embed(Array(256).fill('a'))
    await expect(embedder.embed(['b'])).rejects.toThrow(EmbedderUnavailable)
    expect(await before).toHaveLength(256)
  })

  test('no answer in time is told, and the queue is free again', async () => {
    const hasty = openMinilm(model, { timeoutMs: 1 })
    await expect(hasty.embed(['a'])).rejects.toThrow(/no answer within 1 ms/)
    await expect(hasty.embed(Array(256).fill('a'))).rejects.toThrow(/no answer within 1 ms/)
    await hasty.stop()
  })

  test('files that changed since are refused: their vectors would be of another model', async () => {
    const changed = await installMinilm(join(folder, 'changed'), weights ?? '')
    writeFileSync(join(changed.folder, 'config.json'), '{"model_type":"bert","hidden_size":384,"other":1}')
    const other = openMinilm(changed)
    await expect(other.embed(['a'])).rejects.toThrow(/have changed since trimtab started: restart it/)
    expect(other.fault).toMatch(/have changed/)
    await other.stop()
  })

  test('without the package it says what to install', async () => {
    const script = contextualEmbedderScript()
    const elsewhere = join(folder, 'dist')
    cpSync(dirname(script), elsewhere, { recursive: true })
    const other = openMinilm(model, { script: join(elsewhere, 'contextual-embedder-process.js') })
    await expect(other.embed(['a'])).rejects.toThrow('npm install @xenova/transformers')
    await other.stop()
  })
})

async function startParent(model: EmbedderModel, folder: string): Promise<ChildProcess> {
  const program = join(folder, 'parent.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../../support/contextual-parent.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return spawn(process.execPath, [program, JSON.stringify(model), contextualEmbedderScript()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (bytes: Buffer) => resolve(bytes.toString())))
}
