import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { policyJsonSchema } from '../../src/policy/json-schema.ts'

describe('policyJsonSchema', () => {
  const published = z.fromJSONSchema(policyJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])

  test.each([
    'policies/default.yaml',
    'examples/policies/support.yaml',
    'examples/policies/fall-over.yaml',
    'examples/policies/nightly-batch.yaml',
  ])('takes %s', (path) => {
    expect(published.safeParse(parse(readFileSync(path, 'utf8'))).error?.issues).toBeUndefined()
  })

  test.each([
    'fallbck: {}',
    'limits: { timeout: 10 }',
    'route: { mode: onn }',
    'match: { key: [] }',
    'cache: { exact: { ttl: 1 week } }',
  ])('refuses %s', (text) => {
    expect(published.safeParse(parse(text)).success).toBe(false)
  })

  test('takes true and false where a mode is meant', () => {
    expect(published.safeParse({ route: { mode: true, learn: false } }).success).toBe(true)
  })

  test('describes every key of the file, as editors show it', () => {
    const { properties } = policyJsonSchema() as { properties: Record<string, { description?: string }> }
    for (const [key, schema] of Object.entries(properties)) expect(schema.description, key).toBeTruthy()
    expect(Object.keys(properties)).toContain('escalate')
  })
})
