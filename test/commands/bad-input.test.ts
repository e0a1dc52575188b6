/** Long because it is a catalogue: every wrong input of an operator has its row. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand, startTrimtab } from '../support/start-trimtab.ts'

const CONFIG =
  'providers: { mock: { base_url: "http://127.0.0.1:9/v1", api_key: k, models: [gpt-4o-mini] } }\n'

let folder: string
/** A data folder that a server has used. */
let used: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-bad-input-'))
  mkdirSync(join(folder, 'policies'))
  write('trimtab.yaml', CONFIG)
  const trimtab = await startTrimtab({ config: CONFIG, folder: join(folder, 'once') })
  await trimtab.stop({ keep: true })
  used = trimtab.dataFolder
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what the operator gave is wrong: exit 1 and one line', () => {
  test.each<[string, string[], RegExp]>([
    ['a command', ['sevre'], /^There is no command `sevre`; did you mean `serve`\?$/],
    ['a command like none', ['xxxxxxxx'], /^There is no command `xxxxxxxx`; `trimtab --help` lists them\.$/],
    [
      'a file that is not there',
      ['serve', '--config', 'no.yaml'],
      /^The configuration no\.yaml cannot be read: ENOENT/,
    ],
    [
      'the same for a reading command',
      ['report', '--config', 'no.yaml'],
      /^The configuration no\.yaml cannot/,
    ],
    [
      'a port',
      ['serve', '--port', '99999'],
      /^--port: `listen\.port` must be a whole number from 0 to 65535, not `99999`\.$/,
    ],
    [
      'a host that anybody could reach',
      ['serve', '--host', '0.0.0.0'],
      /^--host: `listen\.host` must be a loopback address/,
    ],
    [
      'an instant',
      ['report', '--since', 'tomorow'],
      /^--since cannot be "tomorow": give a time span such as 24h/,
    ],
    ['a dimension', ['report', '--by', 'workflwo'], /^--by cannot be "workflwo": did you mean workflow\?/],
    ['a time zone', ['report', '--tz', 'Mars/Base'], /^--tz cannot be "Mars\/Base"/],
    ['two formats', ['report', '--json', '--csv'], /^--json and --csv exclude each other/],
    ['a limit', ['requests', '--limit', '0'], /^--limit cannot be "0"/],
    ['an id', ['requests', 'req_nope'], /^No request "req_nope" is in the ledger/],
    [
      'an address',
      ['report', '--url', 'nonsense'],
      /^--url must be like http:\/\/localhost:8787, not `nonsense`\.$/,
    ],
    ['no admin key', ['report', '--url', 'http://127.0.0.1:9'], /^With --url, set TRIMTAB_ADMIN_KEY/],
    ['a key’s name', ['keys', 'create', '--name', ' '], /^--name must be 1 to 100 characters/],
    [
      'a key’s expiry',
      ['keys', 'create', '--name', 'a', '--expires', 'never'],
      /^--expires must be like 30d/,
    ],
    ['a key’s id', ['keys', 'revoke', 'nope'], /^No key has the id nope/],
  ])('%s', async (_, args, message) => {
    const place = /^(serve|report|requests|keys)$/.test(args[0] ?? '') ? ['--data', used] : []
    const { code, stdout, stderr } = await run(...args, ...place)
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  test('an option, with the one that was meant', async () => {
    const { code, stderr } = await run('serve', '--prot', '1')
    expect(stderr).toMatch(/unknown option '--prot'\n\(Did you mean --port\?\)/)
    expect(code).toBe(1)
  })

  test.each<[string, string, RegExp]>([
    [
      'a key of the file',
      'listen: { prot: 1 }\n',
      /^bad\.yaml:1:11 {2}`listen\.prot` is not a key here; did you mean `port`\?$/,
    ],
    ['YAML', 'listen: { port: [\n', /^bad\.yaml:2:1 {2}This is not valid YAML/],
    [
      'a value of the file',
      'access: { mode: opne }\n',
      /^bad\.yaml:1:17 {2}`access\.mode` must be `open` or `keys`, not `opne`; did you mean `open`\?$/,
    ],
    [
      'an environment variable that is not set',
      `providers: { a: { base_url: "http://x/v1", api_key: "\${NOT_SET_HERE}" } }\n`,
      /^bad\.yaml:1:53 {2}`providers\.a\.api_key` needs the environment variable NOT_SET_HERE, which is not set\.$/,
    ],
  ])('%s', async (_, text, message) => {
    write('bad.yaml', text)
    const { code, stdout, stderr } = await run('serve', '--config', 'bad.yaml', '--data', used, '--port', '0')
    expect(stderr.trimEnd()).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })
})

describe('check', () => {
  test('a typo is told at its line and column, with its value and what was meant: exit 1', async () => {
    write('policies/typo.yaml', 'workflow: typo\nlimits:\n  timout: 10m\n')
    const { code, stdout } = await run('check', 'policies/typo.yaml')
    expect(stdout).toMatch(
      /^policies\/typo\.yaml:3:3 {2}.*`.*timout`.*did you mean `timeout`\?\n1 policy file: 1 error\.\n$/,
    )
    expect(code).toBe(1)
    const json = await run('check', 'policies/typo.yaml', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      problems: [{ file: 'policies/typo.yaml', line: 3, column: 3, severity: 'error', value: '"timout"' }],
    })
    expect(json.code).toBe(1)
  })

  test('a sound file is fine: exit 0', async () => {
    write('policies/sound.yaml', 'tiers: { a: { use: mock/gpt-4o-mini } }\nroute: [{ name: all, to: a }]\n')
    expect(await run('check', 'policies/sound.yaml')).toEqual({
      code: 0,
      stdout: '1 policy file: fine.\n',
      stderr: '',
    })
  })

  test('a model that no provider lists is a warning, and with --strict an error', async () => {
    write('policies/model.yaml', 'tiers: { a: { use: mock/gtp-4o } }\nroute: [{ name: all, to: a }]\n')
    expect((await run('check', 'policies/model.yaml')).code).toBe(0)
    const strict = await run('check', 'policies/model.yaml', '--strict')
    expect(strict.stdout).toMatch(
      /^policies\/model\.yaml:1:20 {2}No configured provider lists the model `mock\/gtp-4o`/,
    )
    expect(strict.code).toBe(1)
  })
})

describe('it could not run: exit 2 and one line', () => {
  test('a port in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await run('serve', '--port', String(port), '--data', join(folder, 'port'))
    server.close()
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `Port ${port} is in use on 127.0.0.1: stop what listens there, or choose another with --port.`,
    )
    expect(code).toBe(2)
  })

  test.each([
    ['serve', ['serve', '--port', '0']],
    ['keys create', ['keys', 'create', '--name', 'a']],
  ])('%s: a data folder that cannot be made', async (_, args) => {
    const data = join(folder, 'trimtab.yaml', 'data')
    const { code, stdout, stderr } = await run(...args, '--data', data)
    expect(stderr).toMatch(
      /^The data folder .+ cannot be written \(ENOTDIR[^\n]*\): choose another with --data\.\n$/,
    )
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test.each([['requests'], ['report']])('%s: a data folder where no trimtab was', async (command) => {
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await run(command, ...json, '--data', join(folder, 'nowhere'))
      expect(stderr).toMatch(
        /^There is no ledger at .+nowhere\/ledger\.db: start trimtab on this data folder first[^\n]*\n$/,
      )
      expect(stdout).toBe('')
      expect(code).toBe(2)
    }
  })

  test.each([
    ['serve', ['serve', '--port', '0']],
    ['requests', ['requests', '--json']],
    ['keys list', ['keys', 'list']],
  ])('%s: a ledger that a newer trimtab wrote', async (_, args) => {
    const { code, stdout, stderr } = await run(...args, '--data', newerLedger())
    expect(stderr).toMatch(/^The ledger .+ has schema 9999, written by a newer trimtab[^\n]*\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('a ledger that is no database', async () => {
    const data = join(folder, 'garbage')
    mkdirSync(data, { recursive: true })
    writeFileSync(
      join(data, 'ledger.db'),
      'this is no database, and long enough to be told from an empty one'.repeat(99),
    )
    for (const args of [['serve', '--port', '0'], ['requests']]) {
      const { code, stderr } = await run(...args, '--data', data)
      expect(stderr).toMatch(/^The ledger .+ cannot be opened \([^\n]+\)[^\n]*\n$/)
      expect(code).toBe(2)
    }
  })

  test('nobody at --url', async () => {
    const { code, stderr } = await run('report', '--url', 'http://127.0.0.1:9', { TRIMTAB_ADMIN_KEY: 'x' })
    expect(stderr).toBe('No trimtab answers at http://127.0.0.1:9: check --url.\n')
    expect(code).toBe(2)
  })

  test('init where it may not write, without touching what is there', async () => {
    const { code, stderr } = await run(
      'init',
      '--config',
      'trimtab.yaml',
      '--policies',
      'trimtab.yaml/policies',
    )
    expect(stderr).toMatch(/^Cannot write trimtab\.yaml\/policies\/default\.yaml: [^\n]+\n$/)
    expect(code).toBe(2)
    expect(readFileSync(join(folder, 'trimtab.yaml'), 'utf8')).toBe(CONFIG)
  })
})

describe('--json prints JSON alone', () => {
  test.each([
    ['report', ['report', '--json']],
    ['requests', ['requests', '--json']],
    ['check', ['check', '--json']],
    ['keys create', ['keys', 'create', '--name', 'json', '--rpm', '5', '--json']],
    ['keys list', ['keys', 'list', '--json']],
  ])('%s', async (_, args) => {
    const { code, stdout } = await run(...args, '--data', used)
    expect(() => JSON.parse(stdout)).not.toThrow()
    expect(code).toBe(args[0] === 'check' ? 1 : 0)
  })
})

type Environment = Readonly<Record<string, string>>

/** Runs in `folder`; nothing that it prints may hold a stack. */
async function run(...args: (string | Environment)[]) {
  const words = args.filter((word) => typeof word === 'string')
  const env = Object.assign({ PATH: process.env.PATH }, ...args.filter((word) => typeof word === 'object'))
  const result = await runCommand(words, env, folder)
  expect(result.stdout + result.stderr).not.toMatch(/^\s+at .+:\d+|node_modules|Error:/m)
  return result
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

function newerLedger(): string {
  const data = mkdtempSync(join(folder, 'newer-'))
  const database = new Database(join(data, 'ledger.db'))
  database.exec('CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER)')
  database.exec("INSERT INTO schema_migrations VALUES (9999, 'future', 0)")
  database.close()
  return data
}
