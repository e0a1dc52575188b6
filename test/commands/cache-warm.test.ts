/** `cache warm` fills the memory of a running server, which then answers without asking anybody. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let guarded: Trimtab
let key: string
let folder: string

const POLICIES = {
  'faq.yaml': 'cache: { exact: { mode: on, ttl: 2h } }',
  'off.yaml': 'cache: { exact: { mode: off } }',
}

beforeAll(async () => {
  mock = await startMockProvider()
  folder = mkdtempSync(join(tmpdir(), 'trimtab-warm-'))
  const config = `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", api_key: k } }
prices: { overrides: { mock/m: { input: 1, output: 2 } } }
`
  trimtab = await startTrimtab({ config, policies: POLICIES })
  guarded = await startTrimtab({ config: `access: { mode: keys }\n${config}`, policies: POLICIES })
  const made = await guarded.json('keys', 'create', '--name', 'desk', '--json')
  key = (made as { key: string }).key
})

afterAll(async () => {
  await trimtab.stop()
  await guarded.stop()
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

const body = (content: string, more: object = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  ...more,
})
const exact = { temperature: 0 }
const hears = (place: Trimtab, asked: object, headers: Record<string, string> = {}): Promise<Heard> =>
  ask(place.origin, asked, { headers })
const status = (heard: Heard): string => String(heard.headers['cache-status'])
const content = (heard: Heard): string => JSON.parse(heard.text).choices[0].message.content

function fileOf(...lines: readonly (object | string)[]): string {
  const file = join(folder, 'warm.jsonl')
  writeFileSync(
    file,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  )
  return file
}

const warm = (place: Trimtab, file: string, ...flags: string[]) =>
  place.command('cache', 'warm', file, '--policies', place.policiesFolder, ...flags)
const asks = (place: Trimtab, file: string, ...flags: string[]) =>
  warm(place, file, '--url', place.origin, ...flags)
const counts = async (...args: [Trimtab, string, ...string[]]) =>
  JSON.parse((await asks(...args, '--json')).stdout)

describe('warming with requests', () => {
  it('lets the same requests be answered from memory, streams, embeddings and workflows too', async () => {
    const lines = [
      body('How deep?', exact),
      { ...body('How wide?'), workflow: 'faq' },
      { ...body('How long?', { ...exact, stream: true }), headers: { 'x-trimtab-tags': 'market=eu' } },
      { model: 'm', input: 'harbour' },
    ]
    const file = fileOf(...lines)
    expect(await counts(trimtab, file)).toEqual({
      pairs: 0,
      semantic: { pairs: 0, ineligible: {} },
      requests: { remembered: 4, known: 0, passed: 0, failed: 0, left: 0 },
      wrong: 0,
    })
    const before = mock.count
    expect(status(await hears(trimtab, body('How deep?', exact)))).toContain('hit')
    expect(status(await hears(trimtab, body('How wide?'), { 'x-trimtab-workflow': 'faq' }))).toContain('hit')
    expect(status(await hears(trimtab, body('How long?', exact)))).toContain('hit')
    expect(mock.count).toBe(before)
    expect((await counts(trimtab, file)).requests).toMatchObject({ remembered: 0, known: 4 })
    expect(mock.count).toBe(before)
  })

  it('never has more under way than it is told to', async () => {
    mock.script(() => ({ kind: 'hold' }))
    const before = mock.count
    const lines = Array.from({ length: 12 }, (_, index) => body(`Bay ${index}?`, exact))
    const warming = counts(trimtab, fileOf(...lines), '--concurrency', '3')
    for (let answered = 0; answered < 12; answered += 3) {
      await mock.until(() => mock.count >= before + answered + 3, 20_000)
      expect(mock.count - before).toBe(answered + 3)
      mock.release()
    }
    mock.script([])
    expect((await warming).requests.remembered).toBe(12)
  })

  it('tells what is answered and not remembered, and gives up before it costs much: exit 1', async () => {
    const before = mock.count
    const lines = Array.from({ length: 40 }, (_, index) => body(`Warm ${index}?`, { temperature: 1 }))
    const { code, stdout, stderr } = await asks(trimtab, fileOf(...lines), '--concurrency', '1')
    expect(code).toBe(1)
    expect(stderr.split('\n')[0]).toMatch(
      /warm\.jsonl:1 {2}The line was answered and is not remembered \(not-deterministic\)/,
    )
    expect(stdout).toBe('Requests: 0 remembered now, 5 answered and not remembered, 35 not asked.\n')
    expect(mock.count - before).toBe(5)
  })

  it('asks as the caller whose key it is given', async () => {
    const refused = await asks(guarded, fileOf(body('Without a key?', exact)))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/warm\.jsonl:1 {2}The line was refused with 401: No API key was sent/)
    const headers = { authorization: `Bearer ${key}` }
    const file = fileOf({ ...body('With a key?', exact), headers })
    expect((await counts(guarded, file)).requests).toMatchObject({ remembered: 1 })
    expect(status(await hears(guarded, body('With a key?', exact), headers))).toContain('hit')
  })

  it('waits as a limit of requests a minute asks it to', async () => {
    const made = await guarded.json('keys', 'create', '--name', 'hasty', '--rpm', '40', '--json')
    const headers = { authorization: `Bearer ${(made as { key: string }).key}` }
    const lines = Array.from({ length: 42 }, (_, index) => ({ ...body(`Quay ${index}?`, exact), headers }))
    expect((await counts(guarded, fileOf(...lines), '--concurrency', '8')).requests).toMatchObject({
      remembered: 42,
      failed: 0,
    })
  })

  it('Ctrl-C lets what is under way come in, and asks no more', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => body(`Tide ${index}?`, exact))
    const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
    const args = ['cache', 'warm', fileOf(...lines), '--url', trimtab.origin, '--concurrency', '2', '--json']
    const before = mock.count
    mock.script([{ kind: 'hold' }, { kind: 'hold' }])
    const child = spawn(process.execPath, [program, ...args, '--data', folder], { cwd: folder })
    let printed = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString()
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await mock.until(() => mock.count === before + 2, 20_000)
    child.kill('SIGINT')
    mock.release()
    expect(await ended).toBe(1)
    const { remembered, left, failed } = JSON.parse(printed).requests
    expect([remembered + left, failed]).toEqual([30, 0])
    expect(remembered).toBe(mock.count - before)
    expect(left).toBeGreaterThan(0)
  })

  it('no server is one sentence: exit 2', async () => {
    const { code, stderr } = await warm(
      trimtab,
      fileOf(body('Anyone?', exact)),
      '--url',
      'http://127.0.0.1:9',
    )
    expect([code, stderr.trim()]).toEqual([
      2,
      'No trimtab answers at http://127.0.0.1:9: start it with `trimtab serve`, or name it with --url.',
    ])
  })
})

describe('warming with answers of one’s own', () => {
  it('answers the question from them, at once, as JSON and as a stream, and asks nobody', async () => {
    const file = fileOf(
      { question: 'When do you open?', answer: 'At nine.', model: 'm' },
      { question: 'When do you close?', answer: 'At five.', workflow: 'faq' },
    )
    const { stdout, code } = await warm(trimtab, file)
    expect([code, stdout]).toEqual([0, 'Remembered 2 answers of your own.\n'])
    const before = mock.count
    const heard = await hears(trimtab, body('When do you open?', exact))
    expect([status(heard), content(heard)]).toEqual([expect.stringContaining('hit; ttl=3'), 'At nine.'])
    expect(heard.headers['x-trimtab-model']).toBe('operator/m')
    // What a model would have cost, nobody knows.
    expect(heard.headers['x-trimtab-saved-usd']).toBeUndefined()
    const stream = await hears(trimtab, body('When do you open?', { ...exact, stream: true }))
    expect(stream.text).toContain('At nine.')
    expect(stream.text.trimEnd()).toMatch(/data: \[DONE\]$/)
    const byName = await hears(trimtab, body('When do you close?', { model: 'auto' }), {
      'x-trimtab-workflow': 'faq',
    })
    expect([status(byName), content(byName)]).toEqual([expect.stringContaining('hit'), 'At five.'])
    expect(mock.count).toBe(before)
  })

  it('takes the place of what a model said, also in a running server’s memory', async () => {
    await hears(trimtab, body('Who is there?', exact))
    await warm(trimtab, fileOf({ question: 'Who is there?', answer: 'The harbour master.', model: 'm' }))
    await expect
      .poll(async () => content(await hears(trimtab, body('Who is there?', exact))), { timeout: 10_000 })
      .toBe('The harbour master.')
  })

  it('--ttl says how long', async () => {
    const file = fileOf({ question: 'What is a tide?', answer: 'The moon’s.', model: 'm' })
    expect((await warm(trimtab, file, '--ttl', '30d')).code).toBe(0)
    const ttl = /ttl=(\d+)/.exec(status(await hears(trimtab, body('What is a tide?', exact))))?.[1]
    expect(Number(ttl)).toBeGreaterThan(29 * 86_400)
    const wrong = await warm(trimtab, file, '--ttl', 'long')
    expect([wrong.code, wrong.stderr.trim()]).toEqual([
      1,
      '--ttl must be a span such as 12h or 30d, not "long".',
    ])
  })

  it('with keys, they are for the key that is named, and for no other', async () => {
    const file = fileOf({ question: 'Whose is it?', answer: 'Yours.', model: 'm' })
    const nameless = await warm(guarded, file)
    expect([nameless.code, nameless.stderr.trim()]).toEqual([
      1,
      'Each key has a memory of its own: say with --key whose memory the answers are for.',
    ])
    const other = ((await guarded.json('keys', 'create', '--name', 'other', '--json')) as { key: string }).key
    const reader = ((await guarded.json('keys', 'create', '--name', 'reader', '--json')) as { key: string })
      .key
    expect((await warm(guarded, file, '--key', 'reader')).code).toBe(0)
    const by = (secret: string) =>
      hears(guarded, body('Whose is it?', exact), { authorization: `Bearer ${secret}` })
    expect(content(await by(reader))).toBe('Yours.')
    expect(status(await by(other))).toContain('fwd=miss')
  })

  it('tells each line that cannot be used at its place, and takes the others: exit 1', async () => {
    const file = fileOf(
      { question: 'Fine?', answer: 'Yes.', model: 'm' },
      'no json',
      { question: 'No answer?' },
      { question: 'Where?', answer: 'Off.', workflow: 'off' },
      { hello: 'there' },
      { question: 'Typed?', answer: 'No.', modle: 'm' },
    )
    const { code, stdout, stderr } = await warm(trimtab, file)
    expect([code, stdout]).toEqual([1, 'Remembered 1 answer of your own.\n'])
    const told = stderr.trim().split('\n').sort()
    expect(told.map((line) => line.replace(file, ''))).toEqual([
      ':2  The line is not valid JSON; it is left out.',
      expect.stringMatching(/^:3 {2}The line has a wrong `answer`/),
      ':4  The line cannot be remembered: the exact cache of workflow off does not take it (off).',
      expect.stringMatching(/^:5 {2}The line is neither a request .* nor a `question` with its `answer`/),
      expect.stringMatching(/^:6 {2}The line .*modle/),
    ])
    expect(content(await hears(trimtab, body('Fine?', exact)))).toBe('Yes.')
  })
})
