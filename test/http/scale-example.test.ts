/** The example for scalers is YAML, of the shapes that KEDA and Kubernetes take, and asks for metrics that there are. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readMetrics } from '../support/read-metrics.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const text = readFileSync(new URL('../../deploy/kubernetes/scale-by-queue.yaml', import.meta.url), 'utf8')

let trimtab: Inside

beforeAll(async () => {
  trimtab = await startInside({
    config:
      'providers: { gpu: { dialect: openai, replicas: ["http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"], max_in_flight: 4 } }',
  })
})

afterAll(() => trimtab?.stop())

it('is two objects without a fault', () => {
  const documents = parseAllDocuments(text)
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  expect(documents.map((document) => document.get('kind'))).toEqual([
    'ScaledObject',
    'HorizontalPodAutoscaler',
  ])
})

it('asks for metrics that trimtab has, by labels that they have', async () => {
  const metrics = await readMetrics(trimtab.origin)
  const named = [...new Set(text.match(/\btrimtab_\w+/g))]
  expect(named.length).toBeGreaterThan(2)
  for (const name of named) expect([...metrics.keys()]).toContain(name)
  const sampled = ['trimtab_replicas_wanted', 'trimtab_saturation']
  for (const name of sampled)
    expect(metrics.get(name)?.samples).toEqual([
      { name, labels: { provider: 'gpu' }, value: expect.any(Number) },
    ])
})
