/** Keys of a model on a server of tensors: which endpoint it answers, and what of it goes into which tensor. */
import { z } from 'zod'
import { SERVED_ENDPOINTS, TENSOR_METHODS } from '../providers/tensors/served-model.ts'
import {
  choice,
  closed,
  duration,
  list,
  mustBe,
  named,
  numberBetween,
  numeric,
  oneOrMany,
  onOff,
  size,
  text,
  wholeNumber,
} from '../setting-values.ts'
import { DATATYPES } from '../tensors/datatype.ts'

const shapeLength = z.union([z.literal('rows'), z.literal('any'), numeric(wholeNumber(0, 1e9))], {
  error: mustBe('`rows`, `any` or a number'),
})

const input = z.union(
  [
    text(),
    closed({
      from: text().optional(),
      value: z.unknown().optional(),
      datatype: choice(DATATYPES).optional(),
      shape: list(shapeLength).optional(),
      media: choice(['image']).optional(),
    }),
  ],
  {
    error: mustBe(
      'what of the request it takes, such as `text`, or a mapping with `from`, `value`, `datatype`, `shape`, `media`',
    ),
  },
)

const score = numeric(numberBetween(-1e9, 1e9))

/** YAML reads a version as a number. */
const version = z
  .union([z.string(), z.number()], { error: mustBe('a version such as `3`') })
  .transform(String)

export const tensorModelKeys = {
  serves: choice(SERVED_ENDPOINTS).optional(),
  remote: z
    .union([z.string(), z.number()], { error: mustBe('a name') })
    .transform(String)
    .optional(),
  version: version.optional(),
  label: text().optional(),
  method: choice(TENSOR_METHODS).optional(),
  signature: text().optional(),
  input: named(input).optional(),
  output: named(text()).optional(),
  binary: onOff().optional(),
  max_rows: numeric(wholeNumber(1, 100_000)).optional(),
  batch: closed({
    max_size: numeric(wholeNumber(1, 100_000)).optional(),
    max_delay: duration({ text: '1s', ms: 1000 }).optional(),
    max_bytes: size(1).optional(),
  }).optional(),
  labels: oneOrMany(text()).optional(),
  threshold: z
    .union([score, named(score)], { error: mustBe('a number, or a mapping of labels to numbers') })
    .optional(),
  activation: choice(['none', 'sigmoid', 'softmax']).optional(),
  shorten: onOff().optional(),
  sample_rate: numeric(wholeNumber(1, 1_000_000)).optional(),
  template: closed({
    system: text().optional(),
    user: text().optional(),
    assistant: text().optional(),
    start: z.string({ error: mustBe('a text') }).optional(),
    stop: oneOrMany(text()).optional(),
  }).optional(),
} as const

const tensorModel = closed(tensorModelKeys)

export type TensorModelContent = z.output<typeof tensorModel>
