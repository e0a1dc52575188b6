// `node training/router/train.mjs --data FOLDER`: makes models/router/router.bin again; about three minutes of one core.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fitPrior } from './prior.mjs'
import { programCode } from './ridge.mjs'
import { mmlu, mmluPro, others } from './texts.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' } } })
if (values.data === undefined) throw new Error('Say where the data is: --data FOLDER.')
const code = await programCode('routing/hashed-features.ts', 'hashed-features')
const first = mmlu(values.data)
const questions = [...first, ...mmluPro(values.data, first)]
const prior = fitPrior(questions, others(values.data), code)
const bytes = fileOf(prior)
writeFileSync(fileURLToPath(new URL('../../models/router/router.bin', import.meta.url)), bytes)
const { slope, offset } = prior.curve
console.log(
  `${questions.length} questions, ${bytes.length} bytes; curve ${slope.toFixed(2)} ${offset.toFixed(2)}; ` +
    `${(100 * prior.gate.passing).toFixed(1)} % of held-out questions pass the gate at ${prior.gate.threshold.toFixed(3)}.`,
)

/** As `src/routing/difficulty-model.ts` reads it. */
function fileOf({ model, curve, rare, gate }) {
  const difficulty = signed(model.weights)
  const likeness = signed(gate.weights)
  const body = Buffer.concat([difficulty.bytes, likeness.bytes, Buffer.from(rare.bytes)])
  const header = {
    features: code.HASHED_VERSION,
    places: code.HASHED_PLACES,
    digest: createHash('sha256').update(body).digest('hex'),
    difficulty: {
      scale: difficulty.scale,
      mean: model.mean,
      length: model.length,
      lengths: model.lengths,
      curve,
    },
    likeness: { scale: likeness.scale, mean: gate.mean, threshold: gate.threshold },
    rarity: { scale: rare.scale },
  }
  const text = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(text.length)
  return Buffer.concat([Buffer.from('TTRD'), size, text, body])
}

/** Eight bits a weight; the few beyond a hundredth of a thousandth are cut to its end. */
function signed(weights) {
  const sizes = Float64Array.from(weights, Math.abs).sort()
  const scale = sizes[Math.floor(0.99999 * (sizes.length - 1))] / 127
  const numbers = Int8Array.from(weights, (weight) =>
    Math.max(-127, Math.min(127, Math.round(weight / scale))),
  )
  return { scale, bytes: Buffer.from(numbers.buffer) }
}
