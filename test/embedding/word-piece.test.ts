/** WordPiece against the reference: what Hugging Face tokenizers made of texts of many scripts (training/static/word_piece_fixture.py). */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WordPiece } from '../../src/embedding/word-piece.ts'
import { staticModel } from './static-model-file.ts'

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/embedding/word-piece.json', import.meta.url), 'utf8'),
) as [string, number[]][]
const { vocabulary } = await staticModel()
const wordPiece = new WordPiece(vocabulary)

function encode(text: string, room = 4096): number[] {
  const ids = new Int32Array(room)
  return [...ids.subarray(0, wordPiece.encode(text, ids))]
}

describe('the ids of a text', () => {
  test('are those of the reference, for each text of the fixture', () => {
    expect(fixture.length).toBeGreaterThan(600)
    const wrong = fixture.filter(([text, ids]) => encode(text).join() !== ids.join()).map(([text]) => text)
    expect(wrong).toEqual([])
  })

  test('are its words and signs, in order', () => {
    const pieces = encode('Unaffable?  crème-BRÛLÉE').map((id) => vocabulary[id])
    expect(pieces).toEqual(['una', '##ffa', '##ble', '?', 'cr', '##eme', '-', 'br', '##ule', '##e'])
  })

  test('are text where the reference reads a command of the model', () => {
    expect(encode('[SEP]').map((id) => vocabulary[id])).toEqual(['[', 'sep', ']'])
  })

  test('end where there is no more room', () => {
    expect(encode('one two three four', 3).map((id) => vocabulary[id])).toEqual(['one', 'two', 'three'])
    expect(encode('unaffable', 2).map((id) => vocabulary[id])).toEqual(['una', '##ffa'])
    expect(encode('xéx', 0)).toEqual([])
  })

  test('are the same however often, and whatever was asked before', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(...fixture.map(([text]) => text)),
    )
    fc.assert(
      fc.property(any, any, (text, other) => {
        const before = encode(text)
        encode(other)
        expect(encode(text)).toEqual(before)
        expect(before.every((id) => id >= 0 && id < vocabulary.length)).toBe(true)
      }),
    )
  })

  test('of two texts apart are those of both', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(text, text, (one, two) => {
        expect(encode(`${one} ${two}`)).toEqual([...encode(one), ...encode(two)])
      }),
    )
  })
})

test('more kinds of characters than are remembered change nothing', () => {
  const all = Array.from({ length: 6000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('')
  const first = encode(all, 6000)
  expect(encode(all, 6000)).toEqual(first)
  expect(first).toHaveLength(6000)
})

test('a vocabulary without a token for the unknown is refused', () => {
  expect(() => new WordPiece(['a', '##b'])).toThrow('A vocabulary needs [UNK]')
})
