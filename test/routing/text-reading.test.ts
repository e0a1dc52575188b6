import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextReading } from '../../src/routing/text-reading.ts'

const reading = (text: string): TextReading => new TextReading(text, undefined)

describe('task', () => {
  test.each([
    ['Translate this sentence into German: where is the station?', 'translation'],
    ['How do you say "good luck" in Spanish?', 'translation'],
    [
      'Please summarise the following article in three sentences: The council met on Monday.',
      'summarization',
    ],
    ['Can you write a Python function that reverses a list?', 'code'],
    ['Fix this:\n```js\nconst a = [1,2\n```', 'code'],
    ['Solve 3x + 4 = 19 for x.', 'math'],
    ['Write a poem about the sea.', 'creative_writing'],
    ['Write an email to my landlord about the broken heating.', 'writing'],
    ['Extract all names and dates from this text: Ann met Bob in 1999.', 'extraction'],
    ['Classify the sentiment of this review as positive or negative: I loved it.', 'classification'],
    ['Give me ten ideas for a birthday party.', 'brainstorming'],
    ['Plan a three-day itinerary for Rome.', 'planning'],
    ['Compare the economic policies of France and Germany.', 'analysis'],
    ['Rewrite this paragraph so that it sounds more polite: send it now.', 'rewriting'],
    ['I want you to act as a travel guide. I will tell you where I am.', 'roleplay'],
    ['What is the capital of Australia?', 'question_answering'],
    ['Hello!', 'chat'],
    ['', 'other'],
  ])('of %j is %s', (text, task) => {
    expect(reading(text).task).toBe(task)
  })

  test.each([
    ['Summarize this article: rain fell.', 'Please, could you summarize this article: rain fell.'],
    ['Write a haiku about snow.', 'hey, can you write me a haiku about snow?'],
    ['Translate into French: good morning', 'i need you to translate into French: good morning. Thanks'],
    ['What is a monad?', 'Hi there, what is a monad?'],
  ])('of %j is that of %j', (text, other) => {
    expect(reading(other).task).toBe(reading(text).task)
  })

  test('is told by the words that say so', () => {
    expect(reading('Write a poem about the sea.').why().task[0]).toBe('write … poem')
    expect(reading('Translate into Dutch: yes').why().task).toContain('translate')
  })
})

describe('language', () => {
  test.each([
    ['Where is the nearest station?', 'en'],
    ['Wo ist der nächste Bahnhof?', 'de'],
    ['Où est la gare la plus proche ?', 'fr'],
    ['¿Dónde está la estación más cercana?', 'es'],
    ['Onde fica a estação mais próxima, por favor? Não sei.', 'pt'],
    ["Dov'è la stazione più vicina? Non lo so.", 'it'],
    ['Waar is het dichtstbijzijnde station?', 'nl'],
    ['Gdzie jest najbliższa stacja?', 'pl'],
    ['Где находится ближайшая станция?', 'ru'],
    ['Де знаходиться найближча станція?', 'uk'],
    ['最近的车站在哪里？', 'zh'],
    ['最寄りの駅はどこですか。', 'ja'],
    ['가장 가까운 역이 어디예요?', 'ko'],
    ['أين أقرب محطة؟', 'ar'],
    ['सबसे नज़दीकी स्टेशन कहाँ है?', 'hi'],
    ['Explain the word Москва to me, please.', 'en'],
    ['42', 'unknown'],
  ])('of %j is %s', (text, language) => {
    expect(reading(text).language).toBe(language)
  })
})

describe('code and the moment', () => {
  test.each([
    ['def add(a, b):\n    return a + b', true],
    ['SELECT name FROM users WHERE id = 3', true],
    ['How do I sort a list in JavaScript?', true],
    ['How do I bake bread?', false],
    ['Write a letter to my aunt.', false],
  ])('%j has code: %s', (text, code) => {
    expect(reading(text).code).toBe(code)
  })

  test('a listing in the middle of a long text counts', () => {
    const words = 'nothing of note here. '.repeat(60)
    expect(reading(`${words}\n\`\`\`\nx\n\`\`\`\n${words}`).code).toBe(true)
    expect(reading(words + words).code).toBe(false)
  })

  test.each([
    ['What is the weather in Oslo?', true],
    ['Who is the president of France?', true],
    ['What happened in the news today?', true],
    ['Why is the sky blue?', false],
  ])('%j is of the moment: %s', (text, moment) => {
    expect(reading(text).timeDependent).toBe(moment)
    expect(reading(text).why().timeDependent).toHaveLength(moment ? 1 : 0)
  })
})

test('any text is read without an error, and difficulty without a teller is unknown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
      const { task, language, code, timeDependent, difficulty } = reading(text)
      expect([typeof task, typeof language, typeof code, typeof timeDependent]).toEqual([
        'string',
        'string',
        'boolean',
        'boolean',
      ])
      expect(difficulty).toBe('unknown')
    }),
  )
})
