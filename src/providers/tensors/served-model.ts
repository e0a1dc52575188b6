/** A model on a server of tensors, as its operator declares it: which endpoint of OpenAI's it answers, and how. */
import type { Datatype } from '../../tensors/datatype.ts'

export const TENSOR_DIALECTS = ['kserve', 'tensorflow-serving', 'tei', 'vertex'] as const

export type TensorDialectName = (typeof TENSOR_DIALECTS)[number]

export const SERVED_ENDPOINTS = [
  'embeddings',
  'moderations',
  'rerank',
  'audio/transcriptions',
  'audio/translations',
  'chat/completions',
  'completions',
  'custom',
] as const

export type ServedEndpoint = (typeof SERVED_ENDPOINTS)[number]

export const TENSOR_METHODS = ['predict', 'classify', 'regress', 'raw_predict'] as const

/** One length of a tensor: stated, as many as there are rows in the call, or as many as the value has. */
export type ShapeLength = number | 'rows' | 'any'

export interface InputBinding {
  /** Of the tensor; of `/generate` the member, below `parameters.` where it says so. */
  name: string
  /** What of the request goes into it: see each task; undefined where `value` does. */
  from: string | undefined
  /** The same for every request. */
  value: unknown
  /** Undefined: by the value. */
  datatype: Datatype | undefined
  shape: readonly ShapeLength[]
  /** The bytes of an image's file. */
  isImage?: boolean | undefined
}

/** Of calls that are joined into one. */
export interface BatchLimits {
  /** Rows. */
  maxRows: number
  /** Of what the rows hold. */
  maxBytes: number
  /** For which the first waits for others, while the model is busy. */
  maxDelayMs: number
}

/** How a chat is said as one text. */
export interface PromptTemplate {
  /** By role; `{content}` is replaced. */
  turns: Readonly<Record<'system' | 'user' | 'assistant', string>>
  /** What the answer follows. */
  start: string
  /** What ends a turn. */
  stop: readonly string[]
}

export interface ServedModel {
  /** As callers ask for it, behind the provider's name. */
  name: string
  serves: ServedEndpoint
  /** As the server knows it; of Vertex AI its endpoint's id. */
  remoteName: string
  version: string | undefined
  /** Of TensorFlow Serving, in a version's place. */
  label: string | undefined
  method: (typeof TENSOR_METHODS)[number]
  signature: string | undefined
  inputs: readonly InputBinding[]
  /** What of the answer it is → the tensor's name. */
  outputs: ReadonlyMap<string, string>
  /** Tensors go as bytes, both ways. */
  binary: boolean
  /** Most rows that the server takes in a call. */
  maxRows: number
  /** Undefined: calls are not joined. */
  batch: BatchLimits | undefined
  /** Of the scores' columns, in their order. */
  labels: readonly string[]
  /** From which score on a label holds; by label, and of all others. */
  thresholds: { byLabel: Readonly<Record<string, number>>; others: number }
  activation: 'none' | 'sigmoid' | 'softmax'
  /** Its vectors may be cut to fewer dimensions. */
  shortens: boolean
  /** Of the samples that it takes, a second. */
  sampleRate: number
  template: PromptTemplate | undefined
}

export interface TensorSettings {
  dialect: TensorDialectName
  models: ReadonlyMap<string, ServedModel>
}

/** Whether its tensors have a row for each thing that is asked. */
export function hasRows({ inputs }: Pick<ServedModel, 'inputs'>): boolean {
  return inputs.length === 0 || inputs.some(({ shape }) => shape.includes('rows'))
}

export function isGenerated(endpoint: ServedEndpoint): endpoint is 'chat/completions' | 'completions' {
  return endpoint === 'chat/completions' || endpoint === 'completions'
}
