import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { UnreadableModel } from '../../src/embedding/static-model.ts'
import { openPrior } from '../../src/platform/node/node-classifier.ts'
import { routerModelFile } from '../../src/platform/node/package-files.ts'
import type { Classifier } from '../../src/routing/classifier.ts'
import { readDifficultyModel } from '../../src/routing/difficulty-model.ts'
import { factsOf } from './support.ts'

const EASY =
  'Which of the following is the capital of France?\nA. Berlin\nB. Paris\nC. Madrid\nD. Rome\nAnswer:'
const HARD =
  'Let G be a finite group of order 36 and H a subgroup of index 4. Compute the number of distinct homomorphisms from G into the symmetric group S_4 whose kernel is contained in H.\nA. 2\nB. 6\nC. 12\nD. 24\nAnswer:'
const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes)

let prior: Classifier

beforeAll(async () => {
  prior = await openPrior()
})

describe('the prior that ships', () => {
  test('finds an algebra question of an exam harder than one of general knowledge', () => {
    const [easy, hard] = [EASY, HARD].map((text) => prior.classify(text).difficulty)
    expect(easy).toBeTypeOf('number')
    expect(hard).toBeTypeOf('number')
    expect(hard).toBeGreaterThan(easy as number)
    expect(hard).toBeGreaterThan(0.5)
    expect(easy).toBeGreaterThan(0)
  })

  test.each([
    'How do I reset my password?',
    'Hi!',
    'Schreibe mir bitte ein Gedicht über den Herbst.',
    '',
    'what is my account balance',
    'x'.repeat(20_000),
  ])('does not know what is unlike an exam question: %.30s', (text) => {
    expect(prior.classify(text).difficulty).toBe('unknown')
  })

  test.each([
    `Please answer: ${EASY}`,
    `${EASY}\nThanks!`,
    EASY.toUpperCase(),
    EASY.replaceAll('\n', '\n\n'),
  ])('tells another wording by nearly the same number: %.30s', (text) => {
    const [as, other] = [EASY, text].map((each) => Number(prior.classify(each).difficulty))
    expect(Math.abs(Number(as) - Number(other))).toBeLessThan(0.15)
  })

  test('says which words make it so, or that the text is unlike what it knows', () => {
    const known = prior.classify(HARD).why().difficulty
    expect(known.length).toBeGreaterThan(0)
    for (const reason of known) expect(reason).toMatch(/^\S+ [+−]\d\.\d\d$/)
    expect(prior.classify('Hi!').why().difficulty).toEqual([
      'unlike the exam questions that difficulty was learned on',
    ])
  })

  test('is what a rule on difficulty goes by, and what is recorded', () => {
    const facts = factsOf(
      { model: 'auto', messages: [{ role: 'user', content: HARD }] },
      { classifier: prior },
    )
    expect(facts.record()).not.toHaveProperty('difficulty')
    expect(facts.difficulty).toBe(prior.classify(HARD).difficulty)
    expect(facts.record()).toMatchObject({ difficulty: facts.difficulty })
  })
})

describe('readDifficultyModel', () => {
  const bytes = Uint8Array.from(readFileSync(routerModelFile()))

  test('refuses a file that is cut off, changed, or another one', async () => {
    const changed = bytes.slice()
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
    for (const broken of [bytes.slice(0, -1), changed, bytes.slice(0, 6), Uint8Array.of(1, 2, 3)]) {
      await expect(readDifficultyModel(broken, sha256, 'router.bin')).rejects.toThrow(UnreadableModel)
    }
  })
})
