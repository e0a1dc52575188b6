import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readQuestion } from '../../../src/cache/semantic/question-reading.ts'
import { residueOf } from '../../../src/cache/semantic/residue.ts'
import { TermFrequencies } from '../../../src/cache/semantic/term-frequencies.ts'

const residue = (asked: string, remembered: string, frequencies = new TermFrequencies()) =>
  residueOf(readQuestion(asked), readQuestion(remembered), frequencies)

describe('residueOf', () => {
  test('names what one side alone says', () => {
    const found = residue('How do I knit a woolen scarf?', 'How do I knit a scarf?')
    expect(found.askedOnly).toEqual(['woolen'])
    expect(found.rememberedOnly).toEqual([])
    expect(found.largest).toBe(found.askedWeight)
    expect(found.largest).toBeGreaterThan(5)
  })

  test.each([
    ['How do I sign up?', 'How can I signup?'],
    ['Which movies did she direct?', 'Which films were directed by her?'],
    ['What colours do you sell?', 'what color do you sell'],
    ['Please tell me how bread is baked', 'How do you bake bread?'],
  ])('finds nothing between %s and %s', (asked, remembered) => {
    const { askedOnly, rememberedOnly } = residue(asked, remembered)
    expect([...askedOnly, ...rememberedOnly]).toEqual([])
  })

  test.each([
    [
      'a word that is said again',
      'How many layers has a cake of four layers?',
      'How many has a cake of four layers?',
    ],
    ['a unit', 'How heavy are 5 credits?', 'How heavy are 5?'],
    ['a small word that narrows', 'Is it the same card?', 'Is it the card?'],
    ['a determiner that narrows', 'Can I use it in another bank?', 'Can I use it in a bank?'],
    ['a preposition that narrows', 'What is the rate per year?', 'What is the rate a year?'],
  ])('leaves a trace of %s', (_, asked, remembered) => {
    expect(residue(asked, remembered).askedOnly).toHaveLength(1)
  })

  test.each([
    ['a verb', 'When was the old lighthouse destroyed?', 'When was the old lighthouse built?'],
    ['the first word', 'Violin lessons in the city', 'Piano lessons in the city'],
    [
      'a word that is said twice',
      'How many rooms has a house of many floors?',
      'How many rooms has a house of many rooms?',
    ],
  ])('tells that %s stands in the place of another', (_, asked, remembered) => {
    expect(residue(asked, remembered).isExchange).toBe(true)
    expect(residue(remembered, asked).isExchange).toBe(true)
  })

  test.each([
    ['nothing differs', 'When was it built?', 'when was it built'],
    ['one side says more', 'When was the old lighthouse built?', 'When was the lighthouse built?'],
    ['it is one word in two forms', 'What does the cancellation cost?', 'What does it cost to cancel?'],
    ['several words differ', 'When was the old lighthouse destroyed?', 'When was the new bridge destroyed?'],
    [
      'the sentence is another',
      'Which classes are offered in winter?',
      'In winter, what classes can I take?',
    ],
  ])('tells of no exchange where %s', (_, asked, remembered) => {
    expect(residue(asked, remembered).isExchange).toBe(false)
    expect(residue(remembered, asked).isExchange).toBe(false)
  })

  test('weighs a word by how common it is in the partition', () => {
    const frequencies = new TermFrequencies()
    for (let count = 0; count < 500; count++)
      frequencies.add(readQuestion(`Which course has topic number ${count}?`))
    const common = residue('Which course covers algae?', 'Which covers algae?', frequencies)
    const rare = residue('Which fossil algae covers?', 'Which covers algae?', frequencies)
    expect(common.largest).toBeLessThan(0.3)
    expect(rare.largest).toBeGreaterThan(common.largest * 10)
  })
})

describe('TermFrequencies', () => {
  test('forget what is removed', () => {
    const texts = fc.array(fc.constantFrom('red cats', 'blue dogs', 'red red birds', 'a fish of 5 km'), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(texts, texts, (kept, removed) => {
        const frequencies = new TermFrequencies()
        const fresh = new TermFrequencies()
        for (const text of [...removed, ...kept]) frequencies.add(readQuestion(text))
        for (const text of removed) frequencies.remove(readQuestion(text))
        for (const text of kept) fresh.add(readQuestion(text))
        expect(frequencies.questions).toBe(fresh.questions)
        for (const term of ['red', 'cat', 'dog', '#5'])
          expect(frequencies.weight(term)).toBe(fresh.weight(term))
      }),
    )
  })

  test('take general English for a guide where the partition is young', () => {
    const young = new TermFrequencies()
    expect(young.weight('money')).toBeLessThan(young.weight('zygote'))
    expect(young.weight('zygote')).toBeCloseTo(Math.log(1000), 5)
  })
})
