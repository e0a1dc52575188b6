/** A collection on disk: what it answers, to whom, and how it follows its files. */
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Asked, Found } from '../../src/knowledge/knowledge.ts'
import { type OpenedKnowledge, openKnowledge } from '../../src/platform/node/open-knowledge.ts'
import { ShippedModels } from '../../src/platform/node/shipped-models.ts'
import { addFiles, configOf, FAQ, RETURNS } from './knowledge-setup.ts'

const folder = mkdtempSync(join(tmpdir(), 'trimtab-documents-'))
const data = join(folder, 'data')
const help = join(folder, 'help')
let opened: OpenedKnowledge

const ask = (question: string, more: Partial<Asked> = {}): Promise<Found> =>
  opened.knowledge.ask({ question, collection: 'help', tenant: 'default', minConfidence: undefined, ...more })

beforeAll(async () => {
  await addFiles(data, help, { 'returns.md': RETURNS, 'faq.csv': FAQ })
  opened = await openKnowledge({
    config: configOf(data),
    shipped: new ShippedModels(),
    now: Date.now,
    warn: () => {},
  })
})

afterAll(async () => {
  await opened.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a collection', () => {
  it('quotes the sentences that answer, with file and line', async () => {
    const found = await ask('When are refunds paid?')
    expect(found.passages[0]).toMatchObject({ source: 'help/returns.md', line: 8 })
    expect(found.kind === 'found' && found.quote).toContain('five working days after we have your parcel')
  })

  it('answers a question of its pairs with the answer as it was written', async () => {
    const found = await ask('How can I reset my password?')
    expect(found).toMatchObject({
      kind: 'found',
      quote: 'Open Settings and choose "Reset password"; a link comes by e-mail.',
    })
    expect(found.passages[0]).toMatchObject({ source: 'help/faq.csv', line: 2 })
  })

  it.each(['Who won the world cup in 1998?', 'When are dinosaurs paid in Rotterdam?', 'the of and'])(
    'abstains from %s',
    async (question) => {
      expect((await ask(question)).kind).toBe('abstains')
    },
  )

  it('abstains where the question denies what the passage says', async () => {
    const collection = 'denied'
    const warehouse =
      '# Warehouse\n\nParcels are shipped from Hamburg every day at noon. The pump must be oiled every 300 hours.\n'
    const gate = '# Gate\n\nThe gate is not opened on Sundays.\n'
    await addFiles(
      data,
      join(folder, 'denied'),
      { 'warehouse.md': warehouse, 'gate.md': gate },
      { collection },
    )
    const asked = async (question: string) => (await ask(question, { collection, minConfidence: 0.5 })).kind
    expect(await asked('When must the pump be oiled?')).toBe('found')
    const denied = await ask('When must the pump not be oiled?', { collection, minConfidence: 0.5 })
    expect(denied).toMatchObject({
      kind: 'abstains',
      reason: 'the question denies something that its best passage does not',
    })
    expect(await asked("Where can't parcels be shipped from?")).toBe('abstains')
    expect(await asked('When is the gate not opened?')).toBe('found')
  })

  it('has to be surer where the passage lacks a name of the question', async () => {
    const collection = 'places'
    const shipping = '# Shipping\n\nShipping within Germany costs 4.90 euros, and takes two working days.\n'
    await addFiles(data, join(folder, 'places'), { 'shipping.md': shipping }, { collection })
    const asked = (country: string, minConfidence: number) =>
      ask(`What does shipping within ${country} cost?`, { collection, minConfidence })
    const { confidence: there = 0 } = await asked('Germany', 0)
    const { confidence: elsewhere = 0 } = await asked('Poland', 0)
    expect(await asked('Germany', there - 0.001)).toMatchObject({ kind: 'found' })
    expect(await asked('Poland', elsewhere ** 2 - 0.001)).toMatchObject({ kind: 'found' })
    expect(await asked('Poland', elsewhere ** 2 + 0.001)).toMatchObject({
      kind: 'abstains',
      reason: expect.stringMatching(/ are asked for, as it lacks a name that the question has$/),
    })
    expect(elsewhere).toBeLessThan(0.99)
  })

  it('asks for as much confidence as it is told to', async () => {
    expect((await ask('When are refunds paid?', { minConfidence: 1 })).kind).toBe('abstains')
    expect((await ask('When are dinosaurs paid in Rotterdam?', { minConfidence: 0 })).kind).toBe('found')
  })
})

describe('pairs', () => {
  const more = { collection: 'pairs' }
  const PAIRS = `question,answer
How can I pay?,"By card.
By PayPal."
When do I have to pay?,"When you order, or within 14 days on invoice."
Who are you?,A family shop.
What's the customers' hotline?,0800 1
`
  beforeAll(async () => {
    await addFiles(data, join(folder, 'pairs'), { 'pairs.csv': PAIRS }, more)
    await addFiles(
      data,
      join(folder, 'lone'),
      { 'lone.csv': 'question,answer\nHow can I pay?,By card.\n' },
      { collection: 'lone' },
    )
  })

  it.each([
    ['How can I pay?', 'By card.\nBy PayPal.'],
    ['hello, how can i pay please', 'By card.\nBy PayPal.'],
    ['When do I have to pay?', 'When you order, or within 14 days on invoice.'],
    ['Who are you?', 'A family shop.'],
    ['What is the customers’ hotline?', '0800 1'],
  ])('answer what they hold, whatever its words tell: %s', async (question, answer) => {
    expect(await ask(question, { ...more, minConfidence: 1 })).toMatchObject({
      kind: 'found',
      quote: answer,
      confidence: 1,
    })
  })

  it.each(['When do I have to pay?', 'How can I not pay?', "Why can't I pay?"])(
    'do not answer what only looks like their question: %s',
    async (question) => {
      const found = await ask(question, { collection: 'lone', minConfidence: 0 })
      expect(found).toMatchObject({
        kind: 'abstains',
        reason: 'the stored question that is nearest asks for something else',
        passages: [{ source: 'lone/lone.csv', line: 2 }],
      })
    },
  )
})

describe('files', () => {
  it('that are unchanged are left alone, changed ones are replaced, gone ones go when asked', async () => {
    const more = { collection: 'moving' }
    const moving = join(folder, 'moving')
    const moved = (question: string): Promise<Found> => ask(question, more)
    const files = {
      'a.txt': 'The warehouse of the shop is in Rotterdam.',
      'b.txt': 'The office of the shop is in Utrecht.',
    }
    expect((await addFiles(data, moving, files, more)).out).toContain('2 added')
    expect((await addFiles(data, moving, {}, more)).out).toContain('2 unchanged')
    const changed = { 'a.txt': 'The warehouse of the shop is in Antwerp.' }
    expect((await addFiles(data, moving, changed, more)).out).toContain('1 changed, 1 unchanged')
    expect((await moved('Where is the warehouse of the shop?')).passages[0]?.text).toBe(changed['a.txt'])
    unlinkSync(join(moving, 'b.txt'))
    expect((await addFiles(data, moving, {}, more)).out).not.toContain('removed')
    expect((await addFiles(data, moving, {}, { ...more, prune: true })).out).toContain('1 removed')
    const left = await moved('Where is the office of the shop?')
    expect(JSON.stringify(left.passages)).not.toContain('Utrecht')
  })

  it('that cannot be read are told in a sentence, and what was read of them before stays', async () => {
    const more = { collection: 'broken' }
    const broken = join(folder, 'broken')
    await addFiles(data, broken, { 'a.txt': 'The warehouse of the shop is in Rotterdam.' }, more)
    const added = await addFiles(
      data,
      broken,
      { 'a.txt': Uint8Array.of(0xff, 0xfe, 0x41), 'b.pdf': '%PDF-1.4 nothing', 'c.png': 'x', 'd.md': '' },
      more,
    )
    expect(added.code).toBe(1)
    expect(added.errors.split('\n')).toEqual([
      'broken/a.txt: it is no text in UTF-8; what was read of it before stays.',
      expect.stringMatching(/^broken\/b\.pdf: it is no whole PDF \(.+\)\.$/),
      'broken/d.md: there is no text in it.',
    ])
    expect(added.out).toContain('Passed over, being no documents: 1 .png.')
    expect(await ask('Where is the warehouse of the shop?', more)).toMatchObject({
      passages: [{ source: 'broken/a.txt', line: 1 }],
    })
  })
})

describe('tenants', () => {
  it('have their own collection of a name before everybody’s, and never another’s', async () => {
    await addFiles(
      data,
      join(folder, 'own'),
      { 'a.txt': 'The warehouse of our shop is in Rotterdam.' },
      { tenant: 'acme' },
    )
    await addFiles(
      data,
      join(folder, 'secret'),
      { 'b.txt': 'The warehouse is in Lyon.' },
      { tenant: 'acme', collection: 'acme-only' },
    )
    const where = 'Where is the warehouse of our shop?'
    expect(JSON.stringify(await ask(where, { tenant: 'acme', minConfidence: 0 }))).toContain('Rotterdam')
    expect(JSON.stringify(await ask(where, { minConfidence: 0 }))).not.toContain('Rotterdam')
    expect(await ask(where, { collection: 'acme-only', minConfidence: 0 })).toMatchObject({
      kind: 'abstains',
      passages: [],
    })
  })
})
