/** `/v1/embeddings`: a row for each text or image, a vector for each row. */
import { base64 } from '../../../tensors/nested-values.ts'
import { TensorFault } from '../../../tensors/tensor-fault.ts'
import { Refused } from '../refused.ts'
import type { RowAnswer } from '../row.ts'
import { numbersIn } from '../row-answers.ts'
import type { ReadTask } from '../task.ts'
import { json, usageOf } from '../task.ts'
import { rowsOf } from './images.ts'

/** Takes `text` or `image`; tells `embedding`, and `tokens` where there is such an output. */
export const readEmbeddings: ReadTask = ({ body }, model) => {
  const rows = rowsOf(body.input, model)
  const dimensions = dimensionsAsked(body.dimensions, model.shortens)
  const isBase64 = body.encoding_format === 'base64'
  return {
    rows,
    tell(answers, tokens) {
      const data = answers.map((answer, index) => {
        const vector = shortened(vectorIn(answer), dimensions)
        return { object: 'embedding', index, embedding: isBase64 ? asBase64(vector) : Array.from(vector) }
      })
      return json({ object: 'list', data, model: model.name, ...usageOf(answers, tokens) })
    },
  }
}

function dimensionsAsked(asked: unknown, shortens: boolean): number | undefined {
  if (asked === undefined || asked === null) return undefined
  if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 1)
    throw new Refused(400, 'dimensions must be a whole number, 1 or more.', { param: 'dimensions' })
  if (!shortens)
    throw new Refused(
      400,
      'This model does not support specifying dimensions: leave them out (an operator whose model may be cut states `shorten: on`).',
      { param: 'dimensions' },
    )
  return asked
}

function vectorIn(answer: RowAnswer): Float32Array {
  const row = answer.get('embedding')
  if (row === undefined) throw new TensorFault('it told no embedding')
  if (row.values.length === 0) throw new TensorFault('its embedding has no numbers')
  if (row.shape.filter((length) => length !== 1).length > 1)
    throw new TensorFault(
      `its embeddings are lists of vectors, of shape [${row.shape}], where one vector a text is told: the model has to pool them`,
    )
  return Float32Array.from(numbersIn(row))
}

/** Of unit length again, as OpenAI's are. */
function shortened(vector: Float32Array, dimensions: number | undefined): Float32Array {
  if (dimensions === undefined || dimensions === vector.length) return vector
  if (dimensions > vector.length)
    throw new Refused(400, `dimensions must be at most ${vector.length}, which its vectors have.`, {
      param: 'dimensions',
    })
  const part = vector.slice(0, dimensions)
  const norm = Math.sqrt(part.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 ? part : part.map((value) => value / norm)
}

/** Little-endian floats of four bytes. */
function asBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return base64(new Uint8Array(buffer, byteOffset, byteLength))
}
