/** Questions that mean the same, found in Qdrant by several trimtabs; whatever it does, callers get their answers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Heard } from '../../support/ask.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Mode, type QdrantDouble, startQdrantDouble } from '../../support/qdrant-double/server.ts'
import { MISS, type Semantic, saying, startSemantic, status } from './semantic-setup.ts'

let qdrant: QdrantDouble
let mock: MockProvider
let one: Semantic
let other: Semantic

/** A busy machine is not a slow Qdrant. */
const config = (timeout = '5s'): string =>
  `vectors: { use: qdrant, url: "${qdrant.url}", timeout: ${timeout} }`

beforeAll(async () => {
  qdrant = await startQdrantDouble()
  mock = await startMockProvider()
  // The same to all, so that audits agree.
  const otherwise = (): Fault => saying('That is well known.')
  one = await startSemantic({ mock, config: config(), otherwise })
  other = await startSemantic({ mock, config: config(), otherwise })
})

afterEach(() => {
  qdrant.mode = 'well'
  expect(qdrant.faults).toEqual([])
})

afterAll(async () => {
  await one.stop()
  await other.stop()
  await mock.close()
  await qdrant.close()
})

const points = (): number =>
  [...qdrant.collections.values()].reduce((sum, { points: all }) => sum + all.size, 0)

/** Asked of the model, and in Qdrant by now. */
async function remembered(by: Semantic, question: string): Promise<Heard> {
  const before = points()
  const heard = await by.asked(question)
  expect(status(heard)).toBe(MISS)
  // The audit of an earlier hit may have stored another meanwhile.
  await expect.poll(points, { timeout: 10_000 }).toBeGreaterThan(before)
  return heard
}

describe('one Qdrant', () => {
  it('answers in one trimtab what another one remembered', async () => {
    const first = await remembered(one, 'What is the capital of Norway?')
    const second = await other.asked("What's the capital of Norway?")
    expect(status(second)).toContain('detail=semantic')
    expect(JSON.parse(second.text).choices).toEqual(JSON.parse(first.text).choices)
  })

  it('that ignores filters leads to no answer of another conversation', async () => {
    await remembered(one, 'What is the capital of Sweden?')
    qdrant.mode = 'ignore-filters'
    const messages = [
      { role: 'system', content: 'Answer in French.' },
      { role: 'user', content: 'What is the capital of Sweden?' },
    ]
    expect(status(await other.asked('', { messages }))).toBe(MISS)
    expect(status(await other.asked('What is the capital of Sweden?'))).toContain('detail=semantic')
  })

  it.each<Mode>(['stall', 'refuse', 'garbage', 'nonsense'])(
    'that would %s costs hits, and no answer',
    async (mode) => {
      const fresh = await startSemantic({ mock, config: config(mode === 'stall' ? '50ms' : '5s') })
      const question = `What is the meaning of the word ${mode}?`
      await remembered(fresh, question)
      qdrant.mode = mode
      for (let asked = 0; asked < 8; asked++) {
        const heard = await fresh.asked(question)
        expect(heard.status).toBe(200)
        expect(status(heard)).toBe(MISS)
      }
      const told = (await fresh.detailOf(await fresh.asked(question)))?.decision?.semantic?.reasons.join()
      await fresh.stop()
      if (mode === 'nonsense') expect(told).toContain('no candidate')
      else expect(told).toContain('index: Qdrant did not answer a moment ago')
    },
  )
})

it('a Qdrant that stalls holds up nobody who waits until an answer is stored', async () => {
  const through =
    'workflow: through\ncache: { exact: { mode: off }, semantic: { mode: on, write: through, max_wrong_rate: 5% } }'
  const fresh = await startSemantic({ mock, config: config(), policies: { 'through.yaml': through } })
  qdrant.mode = 'stall'
  // Without a bound it would be a minute: the patience of a batch times its tries.
  const headers = { 'x-trimtab-workflow': 'through' }
  const heard = await fresh.asked('What is the capital of Finland?', {}, { headers })
  expect(heard.status).toBe(200)
  expect(status(heard)).toBe(MISS)
  await fresh.stop()
}, 20_000)

describe('a Qdrant that comes back', () => {
  it('is asked again after its pause, and gives hits', async () => {
    const fresh = await startSemantic({ mock, config: config() })
    const question = 'Which metal is liquid at room temperature?'
    await remembered(fresh, question)
    qdrant.mode = 'refuse'
    for (let asked = 0; asked < 6; asked++) expect(status(await fresh.asked(question))).toBe(MISS)
    qdrant.mode = 'well'
    await expect
      .poll(async () => status(await fresh.asked(question)), { timeout: 20_000, interval: 500 })
      .toContain('detail=semantic')
    expect(fresh.trimtab.warnings.join('\n')).toMatch(/does not answer[\s\S]*answers again/)
    await fresh.stop()
  }, 30_000)
})
