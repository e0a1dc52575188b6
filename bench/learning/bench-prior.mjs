// The prior as learning reads it, fitted as it ships but for the exam that is measured: to MMLU-Pro alone.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fitPrior } from '../../training/router/prior.mjs'
import { probability, programCode, scoreOf, weighed } from '../../training/router/ridge.mjs'
import { mmlu, mmluPro, others } from '../../training/router/texts.mjs'

/** `{ prior, code }`, and `reader`: a `LearnPrior`. */
export async function benchPrior(data) {
  const code = await programCode('routing/hashed-features.ts', 'hashed-features')
  const prior = fitPrior(mmluPro(data, mmlu(data)), others(data), code)
  const { model, curve, rare } = prior
  return {
    prior,
    code,
    reader: {
      id: 'prior-bench',
      probabilityOf({ ids, values, count }, characters) {
        const row = { ids: ids.slice(0, count), values: values.slice(0, count), length: characters }
        const [one] = weighed({ rows: [row], places: code.HASHED_PLACES }, rare.values).rows
        return probability(scoreOf(one, model), curve)
      },
    },
  }
}

/** As it ships, for what a decision takes; it has seen the exam. */
export async function shippedPrior() {
  const file = fileURLToPath(new URL('../../models/router/router.bin', import.meta.url))
  const [{ Prior }, { readDifficultyModel }] = await Promise.all([
    programCode('routing/prior.ts', 'prior'),
    programCode('routing/difficulty-model.ts', 'difficulty-model'),
  ])
  const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')
  return new Prior(await readDifficultyModel(Uint8Array.from(readFileSync(file)), digest, file))
}
