/** Joined calls to a server whose answer one row spoils. */
import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { UndiciTransport } from '../../../src/platform/node/undici-transport.ts'
import { Batchers } from '../../../src/providers/tensors/batchers.ts'
import { DIALECTS } from '../../../src/providers/tensors/dialects.ts'
import type { ServedModel } from '../../../src/providers/tensors/served-model.ts'
import { vectorOf } from '../../support/tensor-servers/models.ts'
import { startTensorflowServing } from '../../support/tensor-servers/tensorflow-serving.ts'

test('a row that is no vector costs the others of its call nothing', async () => {
  const tensorflow = await startTensorflowServing()
  const network = new UndiciTransport()
  const { origin, came } = tensorflow
  const server = { network, origin, basePath: '', headers: [], connectTimeoutMs: 5000 }
  const batchers = new Batchers(DIALECTS['tensorflow-serving'])
  const inputs = ['first', 'second', 'not a number', 'third']
  const model = encoder(origin)
  const ends = await Promise.allSettled(
    inputs.map((text) => batchers.ask(server, model, { items: [{ text }], bytes: text.length }).answer),
  )
  const vectors = ends.map((end) =>
    end.status === 'fulfilled'
      ? Array.from((end.value.rows[0]?.get('embedding')?.values ?? []) as Float64Array)
      : [],
  )
  // By itself it is two numbers that are none, which its own caller is told of.
  expect(vectors.map((vector) => vector.every(Number.isFinite))).toEqual([true, true, false, true])
  for (const index of [0, 1, 3]) expect(vectors[index]).toEqual(vectorOf(inputs[index] ?? ''))
  // The first alone, the others together, and each of these for itself.
  expect(came).toHaveLength(5)
  await network.close()
  await tensorflow.close()
})

function encoder(origin: string): ServedModel {
  const parsed = parseConfig({
    file: {
      path: 'trimtab.yaml',
      text: `
providers:
  tf:
    dialect: tensorflow-serving
    base_url: "${origin}"
    models: { encoder: { serves: embeddings, input: { text: text }, output: { embedding: vector }, batch: { max_size: 8, max_delay: 1s } } }`,
    },
    environment: {},
    flags: {},
  })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const model = parsed.config.providers[0]?.tensors?.models.get('encoder')
  if (model === undefined) throw new Error('the model was not read')
  return model
}
