/** A prompt with a clock in its system message, over real sockets: the report names the place, what it costs, and how soon prompts repeat. */
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adviseCommand } from '../../../src/commands/advise.ts'
import { reportCommand } from '../../../src/commands/report.ts'
import type { Report } from '../../../src/metering/reports.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { readPolicies } from '../../../src/policy/policy-set.ts'
import { LONG, said } from '../../metering/prefix/asked-prompts.ts'
import { ask } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type AnswerServer, serveAnswers } from '../../support/serve-answers.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let provider: AnswerServer
let trimtab: Inside
let asked = 0

beforeAll(async () => {
  provider = await serveAnswers()
  trimtab = await startInside({
    config: `
providers: { openai: { vendor: openai, base_url: "${provider.url}/v1", api_key: key } }
prices: { overrides: { openai/m: { input: 4, cache_read: 0.4, cache_write: 5, output: 20 } } }
`,
    policies: { 'default.yaml': 'workflow: default\ncache: { exact: { mode: off } }\n' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await provider.close()
  expect(trimtab.warnings).toEqual([])
})

/** Answered with so many tokens of input, some of them read. */
async function say(workflow: string, system: string, read: number, prompt = 2100) {
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: 5,
    total_tokens: prompt + 5,
    prompt_tokens_details: { cached_tokens: read },
  }
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Aye.' }, finish_reason: 'stop' }]
  const answer = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }
  provider.answer(200, 'application/json', Buffer.from(JSON.stringify(answer)))
  const messages = [said('system', system), said('user', `Question ${asked++}`)]
  const heard = await ask(
    trimtab.origin,
    { model: 'openai/m', messages },
    { headers: { 'x-trimtab-workflow': workflow } },
  )
  expect(heard.status).toBe(200)
}

const compared = (workflow: string): number => {
  const database = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    const sum = 'SELECT coalesce(sum(prompts), 0) FROM prefix_hours WHERE workflow = ?'
    return database.prepare(sum).pluck().get(workflow) as number
  } finally {
    database.close()
  }
}

async function run(options: Parameters<typeof reportCommand>[0]): Promise<{ code: number; text: string }> {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const lines: string[] = []
  const output = { out: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
  const code = await reportCommand(options, { reader, now: Date.now() + 1000 }, output)
  close()
  return { code, text: lines.join('\n') }
}

test('a clock in the system message is named, with what it costs; a steady one is read', async () => {
  for (let minute = 0; minute < 10; minute++) {
    const clock = `2026-11-25T14:${String(10 + minute * 3)}:07Z`
    await say('clock', `You are of use. The time is now ${clock}. ${LONG}`, 0)
    await say('steady', `You are of use. ${LONG}`, minute === 0 ? 0 : 2048)
    await say('unread', `You are of good use. ${LONG}`, 0)
    await say('short', 'You are of use.', 0, 500)
  }
  await expect.poll(() => compared('clock'), { timeout: 10_000 }).toBe(10)
  await expect.poll(() => compared('unread'), { timeout: 10_000 }).toBe(10)
  const report = JSON.parse((await run({ prefix: true, json: true })).text) as Report
  expect(report.by).toEqual(['workflow', 'model'])
  const of = (workflow: string) => report.rows.find((row) => row.workflow === workflow)?.prefix
  expect(of('clock')).toMatchObject({
    hit_ratio: 0,
    earned_usd: 0,
    missed_tokens: 0,
    prompts: 10,
    compared: 9,
    diverges: [
      {
        place: 'system',
        message: null,
        character: 32,
        what: 'time',
        prompts: 9,
        share: 1,
        movable_tokens: 9 * 2048,
        movable_usd: (9 * 2048 * 3600) / 1e9,
        told: '100% of prompts differ from the one before already in the system message, at about character 32: a date or time there keeps every provider from reading the rest from its cache.',
      },
    ],
  })
  expect(of('steady')).toMatchObject({
    hit_ratio: (9 * 2048) / (10 * 2100),
    earned_usd: (9 * 2048 * 3600) / 1e9,
    missed_usd: 0,
    diverges: [{ place: 'end', share: 1 }],
    reuse: { times: 9, within_5m: 1 },
  })
  expect(of('unread')).toMatchObject({ missed_tokens: 9 * 2048, missed_usd: (9 * 2048 * 3600) / 1e9 })
  // Too short for any provider's cache.
  expect(of('short')).toMatchObject({ prompts: 0, compared: 0, diverges: [] })
  expect(report.totals.prefix).toMatchObject({ missed_tokens: 9 * 2048 })
})

test('in words and as CSV, and by what it cannot be told', async () => {
  const { text } = await run({ prefix: true })
  expect(text).toMatch(/workflow +model +requests +read +earned +missed/)
  expect(text).toMatch(/steady +m +10 +87\.8% +\$0\.0664 +~\$0 +0 +9 +10 s/)
  expect(text).toMatch(/unread +m +10 +0\.0% +\$0 +~\$0\.0664 +18,432 +9/)
  expect(text).toContain(
    'clock, m: 100% of prompts differ from the one before already in the system message, at about character 32: a date or time there keeps every provider from reading the rest from its cache. At the end of the prompt it would have spared about $0.0664.',
  )
  const [header] = (await run({ prefix: true, csv: true })).text.split('\n')
  expect(header).toMatch(/,prefix_hit_ratio,prefix_earned_usd,prefix_missed_tokens,prefix_missed_usd,/)
  expect(await run({ prefix: true, by: 'workflow,day' })).toEqual({
    code: 1,
    text: '--prefix cannot be told by day: --by takes workflow, provider and model there.',
  })
})

test('the admin API tells the same', async () => {
  const { readFileSync } = await import('node:fs')
  const key = readFileSync(`${trimtab.dataFolder}/admin-key`, 'utf8').trim()
  const get = (query: string) =>
    fetch(`${trimtab.origin}/trimtab/api/report?since=0&until=${Date.now() + 1000}&${query}`, {
      headers: { authorization: `Bearer ${key}` },
    })
  const report = (await (await get('by=workflow,model&prefix=true')).json()) as Report
  expect(report.rows.find(({ workflow }) => workflow === 'clock')?.prefix?.diverges[0]?.what).toBe('time')
  const plain = (await (await get('by=workflow')).json()) as Report
  expect(plain.rows[0]?.prefix).toBeUndefined()
  expect((await get('by=step&prefix=true')).status).toBe(400)
})

test('advise says what to move, and what that would save', async () => {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const { set } = readPolicies([{ path: 'default.yaml', text: 'workflow: default' }], sha256)
  if (set === undefined) throw new Error('the policy is refused')
  const advise = async (options: Parameters<typeof adviseCommand>[0]) => {
    const lines: string[] = []
    const output = { out: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
    const parts = {
      reader,
      policies: set,
      files: [],
      evidence: [],
      withLearned: async () => undefined,
      routeAdvice: async () => [],
    }
    expect(await adviseCommand(options, { ...parts, now: Date.now() + 1000 }, output)).toBe(0)
    return lines.join('\n')
  }
  const { prompts } = JSON.parse(await advise({ since: '30d', json: true })) as { prompts: object[] }
  const saved = (9 * 2048 * 3600) / 1e9
  expect(prompts).toEqual([
    expect.objectContaining({ workflow: 'clock', place: 'system', character: 32, what: 'time', share: 1 }),
  ])
  expect(prompts[0]).toHaveProperty('saved_usd_per_month', expect.closeTo(saved, 6))
  expect(await advise({ since: '30d' })).toMatch(
    /^clock: move what changes to the end of the prompt\n {2}100% of prompts differ .*\n {2}At the end it would save about \$0\.0664 a month/,
  )
  close()
})
