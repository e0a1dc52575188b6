/** Saves of `trimtab.yaml` that come close together: the last one is in force, whichever was ready first. */
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ParsedConfig } from '../../../src/config.ts'
import { followConfig } from '../../../src/platform/node/config-files.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
let saved: ParsedConfig[]
let unfollow: () => void

beforeEach(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({ config: named('first') })
  saved = []
  unfollow = followConfig({ config: trimtab.configFile }, {}, (parsed) => void saved.push(parsed))
})

afterEach(async () => {
  unfollow()
  await trimtab.stop()
  await mock.close()
})

/** Nothing is looked for, so that it is in force at once. */
const named = (model: string): string =>
  `providers: { mock: { base_url: "${mock.url}", models: [${model}] } }\n`
/** The environment and local ports are searched, which takes a while. */
const SEARCHED = 'aliases: { searched: openai/gpt-5.5 }\n'
const BROKEN = 'aliases: 7\n'

/** The file's states as they are read, each saved once the one before was seen. */
async function save(...texts: readonly string[]): Promise<ParsedConfig[]> {
  for (const [index, text] of texts.entries()) {
    writeFileSync(trimtab.configFile, text)
    await expect.poll(() => saved.length, { timeout: 10_000 }).toBe(index + 1)
  }
  return saved
}

async function models(): Promise<string[]> {
  const answer = await fetch(`${trimtab.origin}/v1/models`)
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

async function problems(): Promise<number> {
  const answer = await fetch(`${trimtab.origin}/readyz`)
  return ((await answer.json()) as { problems: unknown[] }).problems.length
}

describe('two saves of the configuration', () => {
  it('the later one stays, though the earlier one is ready after it', async () => {
    const [searched, last] = (await save(SEARCHED, named('last'))) as [ParsedConfig, ParsedConfig]
    const order: string[] = []
    const taken = await Promise.all([
      trimtab.reconfigure(searched).finally(() => order.push('searched')),
      trimtab.reconfigure(last).finally(() => order.push('last')),
    ])
    expect(order).toEqual(['last', 'searched'])
    expect(taken).toEqual([false, true])
    expect(await models()).toEqual(['last'])
  })

  it('of two that are searched for, the later one stays', async () => {
    const parsed = await save(SEARCHED, SEARCHED.replace('searched', 'again'))
    expect(await Promise.all(parsed.map((each) => trimtab.reconfigure(each)))).toEqual([false, true])
    expect(await models()).toContain('again')
    expect(await models()).not.toContain('searched')
  })

  it('one that is refused is told, and does not stop the one before it', async () => {
    const parsed = await save(SEARCHED, BROKEN)
    expect(await Promise.all(parsed.map((each) => trimtab.reconfigure(each)))).toEqual([true, false])
    expect(await models()).toContain('searched')
    expect(await problems()).toBe(1)
  })

  it('one that is sound takes back what was told of a refused one', async () => {
    const parsed = await save(BROKEN, named('mended'))
    for (const each of parsed) await trimtab.reconfigure(each)
    expect(await models()).toEqual(['mended'])
    expect(await problems()).toBe(0)
  })
})
