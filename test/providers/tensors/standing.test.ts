/** Whether a server of tensors is ready and has what is declared: for `doctor`, by what the server says of itself. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCatalog } from '../../../src/catalog.ts'
import { checkProviders } from '../../../src/commands/doctor-providers.ts'
import { parseConfig } from '../../../src/config.ts'
import { UndiciTransport } from '../../../src/platform/node/undici-transport.ts'
import { startTei } from '../../support/tensor-servers/tei.ts'
import { startTensorflowServing } from '../../support/tensor-servers/tensorflow-serving.ts'
import { startTriton, type Triton } from '../../support/tensor-servers/triton.ts'

let network: UndiciTransport
let triton: Triton

beforeEach(async () => {
  network = new UndiciTransport()
  triton = await startTriton()
})
afterEach(async () => {
  await network.close()
  await triton.close()
})

async function findings(providers: string): Promise<[string, string][]> {
  const parsed = parseConfig({
    file: { path: 'trimtab.yaml', text: `providers:\n${providers}` },
    environment: {},
    flags: {},
  })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const { registry } = buildCatalog({
    config: parsed.config,
    providers: parsed.config.providers,
    network,
    environment: {},
    readFile: () => Promise.reject(new Error('no file is read here')),
    sandboxOnly: false,
    now: Date.now,
  })
  const found = await checkProviders(registry, new Set(), Date.now)
  return found.filter(({ name }) => name !== 'clock').map(({ state, message }) => [state, message])
}

const triton_ = (models: string) =>
  `  triton: { dialect: kserve, base_url: "${triton.origin}", models: { ${models} } }`

test('Triton: a model whose tensors are there is fine, others are told with what there is', async () => {
  const sound =
    'guard: { serves: moderations, input: { TEXT: text }, output: { scores: SCORES }, labels: [a, b, c] }'
  expect(await findings(triton_(sound))).toEqual([['ok', 'reached; it wants no key.']])
  const others =
    'guard: { serves: moderations, input: { WORDS: text }, output: { scores: SCORE }, labels: [a] }, nobody: { serves: embeddings, input: { A: text }, output: { embedding: B } }'
  expect(await findings(triton_(others))).toEqual([
    ['ok', 'reached; it wants no key.'],
    ['fail', 'model guard has no input WORDS: it has TEXT.'],
    ['fail', 'model guard has no output SCORE: it has SCORES.'],
    ['fail', 'model nobody is not there (404).'],
  ])
})

test('Triton that is not ready is not', async () => {
  triton.isReady = false
  const told = await findings(
    triton_('guard: { serves: moderations, input: { TEXT: text }, output: { scores: SCORES }, labels: [a] }'),
  )
  expect(told).toEqual([
    ['ok', 'reached; it wants no key.'],
    ['fail', 'it is not ready (400): a model is loading, or failed to.'],
  ])
})

test('TensorFlow Serving and TEI are asked for what they say of themselves', async () => {
  const [tensorflow, tei] = await Promise.all([startTensorflowServing(), startTei('embedding')])
  const told = await findings(`
  tf:
    dialect: tensorflow-serving
    base_url: "${tensorflow.origin}"
    models:
      encoder: { serves: embeddings, input: { text: text }, output: { embedding: vector } }
      gone: { serves: embeddings, input: { text: text }, output: { embedding: vector } }
  tei: { dialect: tei, base_url: "${tei.origin}", models: { bge: { serves: embeddings, max_rows: 64 } } }`)
  await Promise.all([tensorflow.close(), tei.close()])
  expect(told).toEqual([
    ['ok', 'reached; it wants no key.'],
    ['fail', 'model gone is not available (404).'],
    ['ok', 'reached; it wants no key.'],
    ['fail', 'model bge is asked 64 texts a call, and the server takes 32: state max_rows.'],
  ])
})
