/** What `trimtab knowledge` prints of an answer. */
import { expect, it } from 'vitest'
import { tellFound } from '../../src/commands/knowledge.ts'
import { readCsv } from '../../src/knowledge/documents/pairs.ts'

it('prints an answer of several lines as lines, whatever ended them in its file', () => {
  const [pair] = readCsv('question,answer\r\n"How can I pay?","By card.\r\nBy PayPal."\r\n').blocks
  const out: string[] = []
  const passage = { id: 'p', source: 'faq.csv', line: 2, heading: '', text: pair?.text ?? '' }
  tellFound(
    { kind: 'found', quote: passage.text, confidence: 1, passages: [passage] },
    {},
    { out: (line) => out.push(line), error: () => {} },
  )
  expect(out).toEqual(['By card.', 'By PayPal.', '', 'faq.csv:2, confidence 1.000'])
})
