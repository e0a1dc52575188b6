/** `input` of embeddings and moderations: one text, or a list of them. */
import { isObject } from '../../../openai/is-object.ts'
import { Refused } from '../refused.ts'

/** OpenAI's bound of a list. */
const MOST_TEXTS = 2048

/** @throws Refused for anything but texts */
export function textsOf(input: unknown): readonly string[] {
  const list = typeof input === 'string' ? [input] : input
  if (!Array.isArray(list) || list.length === 0)
    throw new Refused(400, 'input must be a text, or a list of texts that is not empty.', { param: 'input' })
  if (list.length > MOST_TEXTS)
    throw new Refused(400, `input must be at most ${MOST_TEXTS} texts.`, { param: 'input' })
  return list.map((value: unknown, index) => {
    const text = isObject(value) && value.type === 'text' ? value.text : value
    if (typeof text === 'string') return text
    throw new Refused(400, `input[${index}] must be a text: this model takes neither tokens nor images.`, {
      param: `input[${index}]`,
    })
  })
}
