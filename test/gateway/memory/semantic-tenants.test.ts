/** Whose answers a question may get: its own tenant's, of the same conversation and settings, and nobody else's. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateApiKey } from '../../../src/access/api-key.ts'
import { openForWriting } from '../../../src/platform/node/sqlite.ts'
import { sqliteKeyStore } from '../../../src/storage/sqlite-key-store.ts'
import { sha256 } from '../../access/memory-keys.ts'
import { ask, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type QdrantDouble, startQdrantDouble } from '../../support/qdrant-double/server.ts'
import { FAQ, MISS, type Semantic, saying, startSemantic, status } from './semantic-setup.ts'

/** Makes a key in the ledger of a running trimtab. @returns its text */
async function keyOf(semantic: Semantic, tenant: string, more: object = {}): Promise<string> {
  const { id, key } = generateApiKey(randomBytes)
  const database = openForWriting(semantic.trimtab.ledgerFile)
  await sqliteKeyStore(database).create({
    id,
    name: `${tenant}-${id}`,
    digest: sha256(key),
    tenant,
    team: undefined,
    models: undefined,
    workflows: undefined,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    createdAt: Date.now(),
    expiresAt: undefined,
    revokedAt: undefined,
    ...more,
  })
  database.close()
  return key
}

const asking = (semantic: Semantic, key: string | undefined, question: string): Promise<Heard> =>
  semantic.asked(question, {}, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })

describe('under keys', () => {
  let semantic: Semantic
  let qdrant: QdrantDouble

  beforeAll(async () => {
    qdrant = await startQdrantDouble()
    semantic = await startSemantic({
      config: `access: { mode: keys }\nvectors: { use: qdrant, url: "${qdrant.url}", timeout: 5s }`,
    })
  })

  afterAll(async () => {
    await semantic.stop()
    await qdrant.close()
  })

  it('two keys of one tenant share, two tenants never, also where the store ignores its filter', async () => {
    const [one, mate, other] = await Promise.all(
      ['acme', 'acme', 'globex'].map((tenant) => keyOf(semantic, tenant)),
    )
    const question = 'How many planets does the solar system have?'
    expect(status(await asking(semantic, one, question))).toBe(MISS)
    await expect.poll(() => [...qdrant.collections.values()][0]?.points.size, { timeout: 10_000 }).toBe(1)
    // The first questions to the double may come too late.
    await expect.poll(async () => status(await asking(semantic, mate, question))).toContain('detail=semantic')
    qdrant.mode = 'ignore-filters'
    expect(status(await asking(semantic, other, question))).toBe(MISS)
    qdrant.mode = 'well'
  })

  it('who has no key is refused, whatever is remembered', async () => {
    const heard = await asking(semantic, undefined, 'How many planets does the solar system have?')
    expect(heard.status).toBe(401)
    expect(heard.text).not.toContain('choices')
  })

  it('an audit takes nothing of what its caller may still ask', async () => {
    const key = await keyOf(semantic, 'limited', { requestsPerMinute: 20 })
    const question = 'How many moons does the planet Jupiter have?'
    await asking(semantic, key, question)
    let hit: Heard | undefined
    await expect
      .poll(async () => {
        hit = await asking(semantic, key, question)
        return status(hit)
      })
      .toContain('detail=semantic')
    await settledLedger(semantic.trimtab.ledgerFile)
    const left = Number(hit?.headers['x-ratelimit-remaining-requests'])
    const next = await asking(semantic, key, question)
    expect(Number(next.headers['x-ratelimit-remaining-requests'])).toBe(left - 1)
  })
})

describe('with each caller’s own key of the provider', () => {
  it('two callers never share, nor does one without', async () => {
    const semantic = await startSemantic({ provider: ', api_key: client' })
    const question = 'Which gas do plants take from the air?'
    expect(status(await asking(semantic, 'sk-one', question))).toBe(MISS)
    expect(status(await asking(semantic, 'sk-one', question))).toContain('detail=semantic')
    expect(status(await asking(semantic, 'sk-two', question))).toBe(MISS)
    expect((await asking(semantic, undefined, question)).status).toBe(401)
    await semantic.stop()
  })
})

describe('two requests', () => {
  let semantic: Semantic

  beforeAll(async () => {
    semantic = await startSemantic({
      policies: {
        'help.yaml': FAQ,
        'tiered.yaml': `${FAQ}
tiers: { good: { use: [mock/m] }, plain: { use: [mock/n] } }
route: { mode: on, rules: [{ name: paying, when: { tags: { plan: paid } }, to: [good] }, { name: all, when: {}, to: [plain] }] }`,
      },
    })
  })

  afterAll(() => semantic.stop())

  const varied = fc.record({
    system: fc.option(fc.constantFrom('Be brief.', 'Be kind.'), { nil: undefined }),
    history: fc.constantFrom<string[]>([], ['Hello', 'Hi'], ['Hello', 'Yes?']),
    temperature: fc.option(fc.constantFrom(0.2, 0.7), { nil: undefined }),
    model: fc.constantFrom('m', 'n'),
    beta: fc.option(fc.constantFrom('a=1', 'a=2'), { nil: undefined }),
    workflow: fc.constantFrom('faq', 'help'),
    limit: fc.option(fc.constantFrom(100, 200), { nil: undefined }),
  })
  type Varied = typeof varied extends fc.Arbitrary<infer Value> ? Value : never

  const send = ({ system, history, temperature, model, beta, workflow, limit }: Varied, question: string) => {
    const turns = history.map((content, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content,
    }))
    const messages = [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...turns,
      { role: 'user', content: question },
    ]
    return ask(
      semantic.trimtab.origin,
      { model, messages, temperature, max_tokens: limit },
      {
        headers: {
          'x-trimtab-workflow': workflow,
          ...(beta === undefined ? {} : { 'openai-beta': beta }),
        },
      },
    )
  }

  it('share exactly where they differ in nothing but the last text', async () => {
    const asked = new Set<string>()
    const question = 'What is the freezing point of sea water?'
    await fc.assert(
      fc.asyncProperty(varied, fc.boolean(), async (request, again) => {
        const name = JSON.stringify(request)
        const heard = await send(request, again ? 'What is the freezing point of sea water' : question)
        expect(heard.status).toBe(200)
        if (!asked.has(name)) expect(status(heard)).toBe(MISS)
        asked.add(name)
      }),
      { numRuns: 150 },
    )
    const [first] = asked
    expect(status(await send(JSON.parse(String(first)), question))).toContain('detail=semantic')
  })

  it('that a rule sends elsewhere by their tags never share', async () => {
    const tagged = (plan: string): Promise<Heard> =>
      semantic.asked(
        'What is the melting point of lead?',
        { model: 'auto' },
        { headers: { 'x-trimtab-workflow': 'tiered', 'x-trimtab-tags': `plan=${plan}` } },
      )
    expect((await tagged('free')).headers['x-trimtab-model']).toBe('mock/n')
    const paid = await tagged('paid')
    expect(status(paid)).toBe(MISS)
    expect(paid.headers['x-trimtab-model']).toBe('mock/m')
    expect(status(await tagged('trial'))).toContain('detail=semantic')
  })

  it('of responses that carry other metadata never share: answers repeat it', async () => {
    const told = (metadata: object): Promise<Heard> =>
      ask(
        semantic.trimtab.origin,
        { model: 'm', input: 'What is the melting point of zinc?', store: false, metadata },
        { path: '/v1/responses', headers: { 'x-trimtab-workflow': 'faq' } },
      )
    expect(status(await told({ customer: 'annabel' }))).toBe(MISS)
    const other = await told({ customer: 'bob' })
    expect(status(other)).toBe(MISS)
    expect(other.text).not.toContain('annabel')
    expect(status(await told({ customer: 'bob' }))).toContain('detail=semantic')
  })
})

describe('requests without a model', () => {
  it.each(['exact', 'semantic'])('that name two providers never share an answer by %s', async (by) => {
    const mock = await startMockProvider()
    const two = await startSemantic({
      mock,
      provider: ` }, second: { base_url: "${mock.url}"`,
      policies: by === 'exact' ? { 'faq.yaml': 'cache: { exact: { mode: on } }' } : {},
    })
    const question = 'What is the melting point of tin?'
    two.says.set(question, () => saying('232 °C'))
    const told = (provider: string): Promise<Heard> =>
      two.asked(question, { model: undefined }, { headers: { 'x-trimtab-provider': provider } })
    expect((await told('mock')).headers['x-trimtab-model']).toBe('mock')
    expect(status(await told('second'))).toBe(MISS)
    expect(status(await told('mock'))).toContain('hit')
    await two.stop()
    await mock.close()
  })
})
