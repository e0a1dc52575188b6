import { describe, expect, test } from 'vitest'
import { parseDimensions, parseInstant, parseLimit, parseTimeZone } from '../../src/commands/since.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')

describe('parseInstant', () => {
  test.each([
    ['90m', '2026-11-25T10:30:00Z'],
    ['24h', '2026-11-24T12:00:00Z'],
    ['7d', '2026-11-18T12:00:00Z'],
    ['2w', '2026-11-11T12:00:00Z'],
    ['2026-11-01', '2026-11-01T00:00:00Z'],
    ['2026-11-01T08:00', '2026-11-01T08:00:00Z'],
    ['2026-11-01T08:00+01:00', '2026-11-01T07:00:00Z'],
    ['2026-11-01T08:00:00.250Z', '2026-11-01T08:00:00.250Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseInstant('--since', text, NOW)).toEqual({ kind: 'value', value: Date.parse(instant) })
  })

  test.each([
    '',
    'yesterday',
    '7',
    '-7d',
    '7 d',
    '1.5h',
    '2026-13-01',
    '2026-1-1',
    '99999999999999d',
    'Nov 25',
  ])('%j is one sentence that names the option, the value and what to give', (text) => {
    expect(parseInstant('--until', text, NOW)).toEqual({
      kind: 'problem',
      message: `--until cannot be ${JSON.stringify(text)}: give a time span such as 24h or 7d, or a date such as 2026-11-25T14:00Z.`,
    })
  })
})

test('parseTimeZone: an IANA name passes, anything else is named', () => {
  expect(parseTimeZone('Europe/Berlin')).toEqual({ kind: 'value', value: 'Europe/Berlin' })
  expect(parseTimeZone('Mars/Olympus')).toMatchObject({ message: expect.stringContaining('"Mars/Olympus"') })
})

test('parseDimensions: names and tags, each once, in order', () => {
  expect(parseDimensions('step, workflow,tag:a,step')).toEqual({
    kind: 'value',
    value: ['step', 'workflow', 'tag:a'],
  })
})

test('parseDimensions: a mistyped name gets the nearest and the list', () => {
  expect(parseDimensions('worklow')).toMatchObject({
    message: expect.stringMatching(/did you mean workflow\?/),
  })
  expect(parseDimensions('tag:')).toMatchObject({ kind: 'problem' })
  expect(parseDimensions('')).toMatchObject({ kind: 'problem' })
})

test('parseLimit: whole numbers from 1 on', () => {
  expect(parseLimit('20')).toEqual({ kind: 'value', value: 20 })
  for (const text of ['0', '-1', '1.5', 'all', ''])
    expect(parseLimit(text)).toMatchObject({ kind: 'problem' })
})
