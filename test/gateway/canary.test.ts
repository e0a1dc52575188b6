/** A share of a workflow's requests follows another policy: told apart by arm, and one workflow in everything else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stableShare } from '../../src/policy/stable-share.ts'
import { policySet } from '../policy/support.ts'
import { recordedRequests } from '../replay/recorded.ts'
import { ask, chat, errorOf } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { runCommand } from '../support/start-trimtab.ts'

const TIERS = 'tiers: { one: { use: mock/one }, other: { use: mock/other } }'
const POLICIES = {
  'support.yaml': `${TIERS}\nroute: [{ to: one }]\ncanary: { policy: next, share: 30% }`,
  'next.yaml': `${TIERS}\nroute: [{ to: other }]`,
  'whole.yaml': `${TIERS}\nroute: [{ to: one }]\ncanary: { policy: next, share: 100% }\nbudgets: [{ per: day, limit: 0.000000001 usd }]`,
  'twin.yaml': `${TIERS}\nroute: [{ to: one }]\nlimits: { retries: 0 }`,
  'same.yaml': `${TIERS}\nroute: [{ to: one }]\ncanary: { policy: twin, share: 50% }`,
}

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", models: { one: {}, other: {} } } }
prices: { overrides: { mock/one: { input: 1, output: 1 }, mock/other: { input: 2, output: 2 } } }
`,
    policies: POLICIES,
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

let asked = 0
const question = (workflow: string, session: string | undefined, more: Record<string, unknown> = {}) => {
  const headers = {
    'x-trimtab-workflow': workflow,
    ...(session === undefined ? {} : { 'x-trimtab-session': session }),
  }
  const messages = [{ role: 'user', content: `Question ${++asked}` }]
  return ask(trimtab.origin, { ...chat('auto'), messages, ...more }, { headers })
}

const requestsOf = async (workflow: string) => {
  await settledLedger(trimtab.ledgerFile)
  return (await recordedRequests(trimtab)).filter((request) => request.workflow === workflow)
}

describe('a canary', () => {
  it('keeps each session in its arm; the ledger has the workflow, its record the policy that decided', async () => {
    for (let turn = 0; turn < 3; turn++) {
      for (let session = 0; session < 20; session++) await question('support', `session-${session}`)
    }
    const requests = await requestsOf('support')
    expect(requests).toHaveLength(60)
    const arms = new Map<string | undefined, Set<string>>()
    for (const { session, decision, tier } of requests) {
      const arm = decision?.policy.workflow ?? ''
      expect(tier).toBe({ support: 'one', next: 'other' }[arm])
      arms.set(session, (arms.get(session) ?? new Set()).add(arm))
    }
    expect([...arms.values()].every((seen) => seen.size === 1)).toBe(true)
    const followed = [...arms.values()].filter((seen) => seen.has('next')).length
    expect(followed).toBeGreaterThan(0)
    expect(followed).toBeLessThan(20)
  })

  it('is told apart by `report --by arm`: its cost, its requests', async () => {
    const { stdout } = await runCommand([
      ...['report', '--by', 'workflow,arm', '--json', '--data', trimtab.dataFolder],
      ...['--config', trimtab.configFile],
    ])
    const rows = (
      JSON.parse(stdout).rows as { workflow: string; arm: string; requests: number; cost_usd: number }[]
    )
      .filter(({ workflow }) => workflow === 'support')
      .map(({ arm, requests, cost_usd }) => ({ arm, requests, each: cost_usd / requests }))
    expect(rows.map(({ arm }) => arm).sort()).toEqual(['next', 'support'])
    const requests = await requestsOf('support')
    for (const { arm, requests: count } of rows) {
      expect(count).toBe(requests.filter(({ decision }) => decision?.policy.workflow === arm).length)
    }
    const [next, support] = ['next', 'support'].map((arm) => rows.find((row) => row.arm === arm)?.each ?? 0)
    expect(next).toBeGreaterThan(1.8 * (support ?? 0))
  })

  it("stays within its workflow's budgets", async () => {
    const heard = await question('whole', undefined)
    expect([heard.status, errorOf(heard).code]).toEqual([429, 'insufficient_quota'])
  })

  it('remembers its answers apart from the other arm, where the policies answer differently', async () => {
    const sessions = await armsOf('support', ['support', 'next'])
    const body = { temperature: 0, messages: [{ role: 'user', content: 'How deep is the sea?' }] }
    const heard: (string | undefined)[] = []
    for (const session of [sessions.support, sessions.next, sessions.support, sessions.next]) {
      const { headers } = await question('support', session, body)
      heard.push(`${headers['cache-status']}`.replace(/ttl=\d+; /, ''))
    }
    const [miss, hit] = ['trimtab; fwd=miss', 'trimtab; hit; detail=exact']
    expect(heard).toEqual([miss, miss, hit, hit])
  })

  it('shares them where both policies would say the same', async () => {
    const sessions = await armsOf('same', ['same', 'twin'])
    const body = { temperature: 0, messages: [{ role: 'user', content: 'How wide is the sea?' }] }
    await question('same', sessions.same, body)
    const { headers } = await question('same', sessions.twin, body)
    expect(headers['cache-status']).toContain('hit')
  })

  it('is explained: to a request that names its user, which arm it is in; else how many follow', async () => {
    const explain = async (...question: string[]) => {
      const args = ['explain', '--workflow', 'support', '--config', trimtab.configFile]
      return (await runCommand([...args, '--data', trimtab.dataFolder, ...question])).stdout
    }
    expect(await explain('How deep is the sea?')).toContain(
      'Of its requests 30% follow the policy next instead, drawn one by one',
    )
    const file = join(trimtab.dataFolder, 'question.json')
    const policies = policySet(POLICIES)
    const share = (user: string) => stableShare(`support\nnext\n${user}`)
    const users = Array.from({ length: 50 }, (_, user) => `user-${user}`)
    const canary = policies.byWorkflow.get('support')?.canary?.share ?? 0
    for (const follows of [true, false]) {
      const user = users.find((one) => share(one) < canary === follows)
      writeFileSync(file, JSON.stringify({ ...chat('auto'), user }))
      const text = await explain('--file', file)
      expect(text).toContain(`It is ${follows ? '' : 'not '}of the 30% that follow the policy next`)
      expect(text).toContain(follows ? 'mock/other' : 'mock/one')
    }
  })
})

/** A session in each arm. */
async function armsOf<Arm extends string>(
  workflow: string,
  arms: readonly Arm[],
): Promise<Record<Arm, string>> {
  const found: Partial<Record<string, string>> = {}
  for (let session = 0; session < 40 && arms.some((arm) => found[arm] === undefined); session++) {
    const name = `${workflow} ${session}`
    await question(workflow, name)
    const last = (await requestsOf(workflow)).at(-1)
    const arm = last?.decision?.policy.workflow
    if (arm !== undefined) found[arm] ??= name
  }
  return found as Record<Arm, string>
}
