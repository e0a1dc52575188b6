/** The packed package, in an empty folder, as whoever types `npx trimtab` meets it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { installTrimtab, npx, packTrimtab, serve, type Workplace } from '../support/installed-package.ts'

let place: Workplace
let unreachable: string | undefined

// Where better-sqlite3 has to be compiled after all, that takes minutes.
beforeAll(async () => {
  place = await packTrimtab()
  unreachable = await installTrimtab(place)
}, 600_000)

afterAll(() => place?.remove())

const inPackage = (path: string): string => join(place.folder, 'node_modules', 'trimtab', path)

test('the tarball has what the program reads and what its licences ask for, and nothing of the workshop', () => {
  const wanted = [
    'LICENSE',
    'README.md',
    'dist/THIRD-PARTY-LICENSES.txt',
    'dist/cli.js',
    'dist/contextual-embedder-process.js',
    'dist/encoder-thread.js',
    'dist/ledger-thread.js',
    'dist/report-process.js',
    'examples/policies/support.yaml',
    'migrations/0001_ledger.sql',
    'migrations/cache/0001_exact.sql',
    'models/THIRD-PARTY.md',
    'models/encoder/README.md',
    'models/encoder/encoder.bin',
    'models/router/README.md',
    'models/router/router.bin',
    'models/static/README.md',
    'models/static/static.bin',
    'models/wordnet/LICENSE',
    'policies/default.yaml',
    'trimtab.example.yaml',
  ]
  expect(wanted.filter((path) => !place.packed.includes(path))).toEqual([])
  expect(
    place.packed.filter((path) => /^(?:src|test|bench|training)\/|\.map$|\.ts$|build\.mjs/.test(path)),
  ).toEqual([])
})

describe('installed from the tarball', () => {
  beforeEach((context) => {
    if (unreachable !== undefined) context.skip(unreachable)
  })

  test('npx on the tarball: the first answer', async () => {
    const empty = join(place.folder, 'empty')
    mkdirSync(empty)
    const startedMs = performance.now()
    const command = [
      'npx',
      '--yes',
      '--package',
      place.tarball,
      'trimtab',
      'serve',
      '--sandbox',
      '--port',
      '0',
    ]
    const served = await serve(command, empty, place.env)
    try {
      expect(await ask(served.origin)).toBe(200)
      tell('npx on the tarball, nothing installed', startedMs)
    } finally {
      await served.stop()
    }
    await expect(fetch(`${served.origin}/healthz`)).rejects.toThrow()
  }, 600_000)

  test('serve, report, requests, backup, restore: the ledger is made, read, copied and put back', async () => {
    const startedMs = performance.now()
    const command = ['npx', 'trimtab', 'serve', '--sandbox', '--port', '0']
    const served = await serve(command, place.folder, place.env)
    try {
      expect(await ask(served.origin)).toBe(200)
      tell('npx trimtab, installed', startedMs)
      const { stdout } = await npx(place, 'report', '--json', '--by', 'workflow')
      expect(JSON.parse(stdout)).toMatchObject({ rows: [{ workflow: 'packed' }], totals: { requests: 1 } })
      expect(await npx(place, 'backup', 'copy.db')).toMatchObject({ code: 0 })
    } finally {
      await served.stop()
    }
    expect(await npx(place, 'restore', 'copy.db')).toMatchObject({ code: 0 })
    const { stdout } = await npx(place, 'requests', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ requests: [{ workflow: 'packed', status: 200 }] })
  }, 120_000)

  test('demo runs to its report', async () => {
    const { code, stdout } = await npx(place, 'demo')
    expect(stdout).toMatch(/total +7/)
    expect(code).toBe(0)
  })

  test('init writes configuration, policy and schema, and check finds them sound', async () => {
    const initialised = await npx(place, 'init')
    expect(initialised).toMatchObject({ code: 0, stderr: '' })
    const schema = join(place.folder, 'policies', '.schema', 'policy.schema.json')
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({ type: 'object' })
    expect(await npx(place, 'check')).toMatchObject({ code: 0 })
  })

  test('check and the start tell how to install what images need, and go on without it', async () => {
    const policies = join(place.folder, 'images')
    mkdirSync(policies)
    writeFileSync(join(policies, 'default.yaml'), 'input: { images: downscale }\n')
    const { code, stdout } = await npx(place, 'check', policies)
    expect([code, stdout]).toEqual([0, expect.stringContaining('default.yaml:1:18  warning: Images are not')])
    expect(stdout).toContain('`npm install sharp` installs it')
    const command = ['npx', 'trimtab', 'serve', '--sandbox', '--port', '0', '--policies', policies]
    const served = await serve(command, place.folder, place.env)
    try {
      expect(await ask(served.origin)).toBe(200)
      const ready = await (await fetch(`${served.origin}/readyz`)).text()
      expect(ready).toContain('npm install sharp')
    } finally {
      await served.stop()
    }
  }, 120_000)

  test('the examples that ship are sound for the program that ships with them', async () => {
    const examples = ['fall-over', 'nightly-batch', 'support'].map((name) =>
      inPackage(`examples/policies/${name}.yaml`),
    )
    expect(await npx(place, 'check', ...examples)).toMatchObject({ code: 0 })
  })

  test('the size that the README states is what npm installed', () => {
    const [, stated] = /(\d+) MB in \d+ packages/.exec(readFileSync(inPackage('README.md'), 'utf8')) ?? []
    const megabytes = bytesBelow(join(place.folder, 'node_modules')) / 1e6
    expect(Math.abs(Number(stated) - megabytes)).toBeLessThan(0.05 * megabytes)
  })

  test('nothing was built for whoever installs it', () => {
    expect(existsSync(inPackage('build.mjs'))).toBe(false)
    expect(existsSync(inPackage('node_modules'))).toBe(false)
  })
})

async function ask(origin: string): Promise<number> {
  const answer = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-trimtab-workflow': 'packed' },
    body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello.' }] }),
  })
  await answer.text()
  return answer.status
}

function bytesBelow(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

function tell(what: string, startedMs: number): void {
  console.info(`${what}: first answer after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
}
