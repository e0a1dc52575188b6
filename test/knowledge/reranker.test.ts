/** A reranker chooses which passages are read; how sure an answer is, it does not say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RerankerSettings } from '../../src/knowledge/remote-reranker.ts'
import { type OpenedKnowledge, openKnowledge } from '../../src/platform/node/open-knowledge.ts'
import { ShippedModels } from '../../src/platform/node/shipped-models.ts'
import type { Served } from '../support/tensor-servers/serve.ts'
import { startTei } from '../support/tensor-servers/tei.ts'
import { addFiles, configOf, RETURNS } from './knowledge-setup.ts'

const folder = mkdtempSync(join(tmpdir(), 'trimtab-reranker-'))
const data = join(folder, 'data')
const shipped = new ShippedModels()
let tei: Served
const opened: OpenedKnowledge[] = []

beforeAll(async () => {
  tei = await startTei('reranker')
  const others = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `refunds-${index}.md`,
      `# Note ${index}\n\nRefunds and when refunds are paid: refunds of kind ${index} are named here, not paid.\n`,
    ]),
  )
  await addFiles(data, join(folder, 'help'), { 'returns.md': RETURNS, ...others })
})
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()))
  await tei.close()
  rmSync(folder, { recursive: true, force: true })
})

async function found(question: string, reranker: Partial<RerankerSettings> | undefined) {
  const at = reranker && {
    dialect: 'tei' as const,
    baseUrl: { origin: tei.origin, path: '' },
    model: '',
    apiKey: undefined,
    timeoutMs: 5000,
    ...reranker,
  }
  const one = await openKnowledge({
    config: { ...configOf(data), reranker: at },
    shipped,
    now: Date.now,
    warn: () => {},
  })
  opened.push(one)
  return one.knowledge.ask({ question, collection: 'help', tenant: 'default', minConfidence: undefined })
}

describe('a reranker', () => {
  const question = 'When are refunds paid to the card?'

  it('is shown what the search found, and its choice is what is read', async () => {
    tei.came.length = 0
    const { passages } = await found(question, {})
    const { texts, query } = JSON.parse(tei.came[0]?.bytes.toString() ?? '{}')
    expect([query, texts.length]).toEqual([question, expect.any(Number)])
    expect(texts.length).toBeGreaterThan(6)
    expect(passages[0]?.source).toBe('help/returns.md')
  })

  it('does not change how sure an answer is', async () => {
    const [alone, reranked] = [await found(question, undefined), await found(question, {})]
    expect(reranked.confidence).toBeLessThanOrEqual((alone.confidence ?? 0) + 1e-9)
    expect(reranked.kind).toBe(alone.kind)
  })

  it('that is not there leaves the order of the search', async () => {
    const gone = { baseUrl: { origin: 'http://127.0.0.1:9', path: '' } }
    expect(await found(question, gone)).toEqual(await found(question, undefined))
    // It answers, but not as this one is asked.
    expect(await found(question, { dialect: 'openai' })).toEqual(await found(question, undefined))
  })
})
