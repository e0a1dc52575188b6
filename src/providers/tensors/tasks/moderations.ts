/** `/v1/moderations`: a row for each text or image, a score for each label. */
import { TensorFault } from '../../../tensors/tensor-fault.ts'
import type { RowAnswer } from '../row.ts'
import { numbersIn, textsIn } from '../row-answers.ts'
import type { ServedModel } from '../served-model.ts'
import type { ReadTask } from '../task.ts'
import { json, usageOf } from '../task.ts'
import { rowsOf } from './images.ts'

/** Takes `text` or `image`; tells `scores`, by the `labels` that are declared or told, and `tokens`. */
export const readModerations: ReadTask = ({ body, newId }, model) => ({
  rows: rowsOf(body.input, model),
  tell: (answers, tokens) =>
    json({
      id: `modr-${newId()}`,
      model: model.name,
      results: answers.map((answer) => resultOf(answer, model)),
      ...usageOf(answers, tokens),
    }),
})

function resultOf(answer: RowAnswer, model: ServedModel) {
  const told = answer.get('scores')
  if (told === undefined) throw new TensorFault('it told no scores')
  const labelRow = answer.get('labels')
  const labels = labelRow === undefined ? model.labels : textsIn(labelRow)
  const scores = activated(numbersIn(told), model.activation)
  if (scores.length !== labels.length)
    throw new TensorFault(`${scores.length} scores came for ${labels.length} labels (${labels.join(', ')})`)
  const { byLabel, others } = model.thresholds
  const pairs = labels.map((label, index) => [label, scores[index] as number] as const)
  const kind = model.inputs.some(({ isImage }) => isImage === true) ? 'image' : 'text'
  const holds = pairs.map(([label, score]) => [label, score >= (byLabel[label] ?? others)] as const)
  return {
    flagged: holds.some(([, isHeld]) => isHeld),
    categories: Object.fromEntries(holds),
    category_scores: Object.fromEntries(pairs),
    category_applied_input_types: Object.fromEntries(labels.map((label) => [label, [kind]])),
  }
}

function activated(scores: readonly number[], activation: ServedModel['activation']): readonly number[] {
  if (activation === 'sigmoid') return scores.map((score) => 1 / (1 + Math.exp(-score)))
  if (activation === 'none') return scores
  const most = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
