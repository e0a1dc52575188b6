import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Metafile {
  inputs: Readonly<Record<string, unknown>>
  outputs: Readonly<Record<string, { imports: readonly { path: string }[] }>>
}

let folder: string
let metafile: Metafile

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-bundle-'))
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', WRANGLER_LOG_PATH: folder }
  const env = { ...process.env, ...quiet }
  const program = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  const args = [program, 'deploy', '--dry-run', '--outdir', folder, '--metafile', join(folder, 'meta.json')]
  await promisify(execFile)(process.execPath, args, { cwd: root, env })
  metafile = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Metafile
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the bundle for Workers', () => {
  test('holds the Worker, and nothing that knows Node', () => {
    const inputs = Object.keys(metafile.inputs)
    expect(inputs).toContain('src/worker.ts')
    const node =
      /platform\/node\/|@hono\/node-server|tiktoken|better-sqlite3|drizzle-orm|\bundici\b|unenv|^node:/
    expect(inputs.filter((path) => node.test(path))).toEqual([])
  })

  test('imports nothing at run time', () => {
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
    expect(readFileSync(join(folder, 'worker.js'), 'utf8')).not.toMatch(/["'`]node:/)
  })
})
