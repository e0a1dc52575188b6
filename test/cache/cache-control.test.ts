import { expect, test } from 'vitest'
import { cacheDirectives } from '../../src/cache/cache-control.ts'

const none = { noCache: false, noStore: false, onlyIfCached: false, maxAgeMs: undefined }

test.each([
  [undefined, none],
  ['', none],
  ['no-cache', { ...none, noCache: true }],
  ['No-Cache, NO-STORE', { ...none, noCache: true, noStore: true }],
  ['only-if-cached,max-age=60', { ...none, onlyIfCached: true, maxAgeMs: 60_000 }],
  ['max-age="5"', { ...none, maxAgeMs: 5000 }],
  ['max-age=-1', none],
  ['max-age=soon', none],
  ['max-stale=60, min-fresh=1, unknown', none],
])('cacheDirectives: %s', (header, expected) => {
  expect(cacheDirectives(header)).toEqual(expected)
})
