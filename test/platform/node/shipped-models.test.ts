import { expect, test } from 'vitest'
import { EmbedderUnavailable } from '../../../src/embedding/embedder.ts'
import { ShippedModels } from '../../../src/platform/node/shipped-models.ts'

test('all who need the encoder share its thread, which ends with the last of them', async () => {
  const shipped = new ShippedModels()
  const [one, two] = await Promise.all([shipped.encoder(), shipped.encoder()])
  expect(two.embedder).toBe(one.embedder)
  await one.stop()
  expect(await two.embedder.embed(['What is a cat?'])).toHaveLength(1)
  await two.stop()
  await expect(two.embedder.embed(['What is a dog?'])).rejects.toThrow(EmbedderUnavailable)

  const later = await shipped.encoder()
  expect(await later.embedder.embed(['What is a cat?'])).toHaveLength(1)
  await later.stop()
})

test('the table of words is read once', async () => {
  const shipped = new ShippedModels()
  expect(await shipped.table()).toBe(await shipped.table())
})
