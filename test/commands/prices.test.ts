import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildCatalog } from '../../src/catalog.ts'
import { type PricesAnswer, pricesCommand } from '../../src/commands/prices.ts'
import { updatePrices } from '../../src/commands/prices-update.ts'
import { parseConfig } from '../../src/config.ts'
import { shippedPriceTable } from '../../src/metering/price-table.ts'
import { keepPriceTable, readPriceTable, readSource } from '../../src/platform/node/price-table-file.ts'
import { UndiciTransport } from '../../src/platform/node/undici-transport.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const CONFIG = `
providers:
  openai: { api_key: k }
  gpu: { base_url: "http://127.0.0.1:1/v1", models: [qwen3-4b, small] }
  router: { vendor: openrouter, api_key: k }
  hourly: { replicas: ["http://127.0.0.1:2/v1", "http://127.0.0.1:3/v1"], models: [own], cost: { usd_per_hour: 3.5 } }
aliases: { fast: openai/gpt-5.5 }
prices:
  overrides:
    gpu/qwen3-4b: { input: 0.02, output: 0.08, audio_minute: 0.006, image: 0.04, characters: 15 }
    openai/gpt-4o: { input: 1, output: 2 }
  service_tiers: { priority: 2.5 }
`
const TABLE = JSON.stringify([
  {
    id: 'openai',
    name: 'OpenAI',
    api_pattern: 'x',
    models: [{ id: 'gpt-7', match: { equals: 'gpt-7' }, prices: { input_mtok: 3, output_mtok: 9 } }],
  },
])

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-prices-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('pricesCommand', () => {
  it('tells one model whole: buckets, long contexts, tiers, and where the price is from', async () => {
    const { table, models } = await json('fast')
    expect(table).toEqual({
      version: 'genai-prices@0.1.8',
      origin: 'shipped',
      at: '2026-09-23T10:11:00.000Z',
      age_days: 63,
    })
    expect(models).toHaveLength(1)
    expect(models[0]).toMatchObject({
      model: 'openai/gpt-5.5',
      source: 'genai-prices@0.1.8',
      usd_per_million: { input: 5, cache_read: 0.5, output: 30, reasoning: 30 },
      above: [{ input_tokens: 271_999, usd_per_million: { input: 10, cache_read: 1, output: 45 } }],
      service_tiers: { flex: 0.5, batch: 0.5, priority: 2.5 },
    })
    const text = (await run('fast')).out.join('\n')
    expect(text).toContain('fast, which is openai/gpt-5.5, at the prices of genai-prices@0.1.8')
    expect(text).toMatch(/^input +5 +10$/m)
    expect(text).toContain('flex × 0.5, batch × 0.5, priority × 2.5')
    expect(text).toContain('63 days old')
  })

  it('tells what costs by the hour by its hour', async () => {
    expect((await json('hourly/own')).models[0]).toMatchObject({
      source: 'hourly',
      usd_per_million: {},
      usd_per_hour: 3.5,
      replicas: 2,
    })
    const text = (await run('hourly/own')).out.join('\n')
    expect(text).toContain('hourly/own costs $3.50 an hour for each of 2 replicas, over what is served')
  })

  it('tells an own price with its minute of audio and its image', async () => {
    expect((await json('gpu/qwen3-4b')).models[0]).toMatchObject({
      source: 'override',
      usd_per_million: { input: 0.02, cache_read: 0.02, output: 0.08 },
      audio_minute_usd: 0.006,
      image_usd: 0.04,
      million_characters_usd: 15,
      above: [],
    })
    expect((await json('openai/gpt-4o')).models[0]).toMatchObject({ source: 'override' })
  })

  it('says where no price is known, with null and never 0', async () => {
    expect((await json('gpu/small')).models[0]).toMatchObject({ source: null, usd_per_million: null })
    expect((await run('gpu/small')).out[0]).toBe(
      'gpu/small has no known price: its tokens are counted and left out of costs. Set it under `prices.overrides`.',
    )
  })

  it('lists every model of the configured providers once, own names first', async () => {
    const names = (await json(undefined)).models.map(({ model }) => model)
    expect(names).toEqual([...new Set(names)])
    expect(names).toEqual(expect.arrayContaining(['openai/gpt-5.5', 'gpu/qwen3-4b', 'gpu/small']))
    expect(names).toContain('router/anthropic/claude-sonnet-4.5')
    expect(names.filter((name) => name.startsWith('sandbox/'))).toEqual([])
  })

  it('refuses a name that leads nowhere', async () => {
    await expect(run('nobody-knows-this')).rejects.toMatchObject({ code: 'model_not_found', status: 404 })
  })
})

describe('updatePrices', () => {
  it('fetches a table, keeps it, and prices by it from then on', async () => {
    const server = createServer((_, answer) => answer.end(TABLE)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json`
    const { code, out } = await update(source)
    server.close()
    expect(code).toBe(0)
    expect(out[0]).toMatch(/^genai-prices@2026-11-25-[0-9a-f]{8} with 1 models is in .*prices\.json;/)
    expect(readdirSync(folder)).toEqual(['prices.json'])
    const { table, models } = await json('openai/gpt-7')
    expect(table).toMatchObject({ origin: 'fetched', age_days: 0, version: out[0]?.split(' ')[0] })
    expect(models[0]).toMatchObject({ source: table.version, usd_per_million: { input: 3, output: 9 } })
    expect((await json('gpt-5.5')).models[0]).toMatchObject({ source: null })
  })

  it('says in one sentence that the table cannot be had, and leaves the one in force: 2', async () => {
    const { code, errors } = await update(await closedPortUrl())
    expect(code).toBe(2)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(
      /^The price table http:\S+ cannot be fetched \(.*ECONNREFUSED.*\); genai-prices@0\.1\.8 stays in force\.$/,
    )
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['a missing page', 404, 'gone', /cannot be fetched \(status 404\)/],
    ['a page that is no table', 200, '<html>', /is no price table \(it is not a list/],
  ])('leaves the table in force on %s: 2', async (_name, status, body, expected) => {
    const server = createServer((_, answer) => answer.writeHead(status).end(body)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const result = await update(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    server.close()
    expect(result.code).toBe(2)
    expect(result.errors.join('\n')).toMatch(expected)
    expect(readPriceTable(folder)).toBeUndefined()
  })
})

async function json(asked: string | undefined): Promise<PricesAnswer> {
  return JSON.parse((await run(asked, { json: true })).out.join('\n')) as PricesAnswer
}

async function run(asked: string | undefined, options: { json?: boolean } = {}) {
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: CONFIG }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const { config } = parsed
  const network = new UndiciTransport()
  const { registry, pricer } = buildCatalog({
    config,
    providers: config.providers,
    network,
    environment: {},
    readFile: async () => undefined,
    sandboxOnly: false,
    priceTable: readPriceTable(folder),
    now: () => NOW,
  })
  const out: string[] = []
  const overridden = Object.keys(config.priceOverrides)
  const code = await pricesCommand(asked, options, { registry, pricer, overridden, now: NOW }, collected(out))
  return { code, out: out.join('\n').split('\n') }
}

async function update(source: string) {
  const out: string[] = []
  const errors: string[] = []
  const code = await updatePrices(
    {},
    {
      source,
      read: readSource,
      keep: (text) => keepPriceTable(folder, text),
      current: readPriceTable(folder) ?? shippedPriceTable(),
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      now: NOW,
    },
    collected(out, errors),
  )
  return { code, out, errors }
}

function collected(out: string[], errors: string[] = []) {
  return { out: (line: string) => void out.push(line), error: (line: string) => void errors.push(line) }
}
