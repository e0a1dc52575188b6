/** The models of a server of tensors as they are written → as they are asked. */

import { DIALECTS } from '../providers/tensors/dialects.ts'
import {
  type BatchLimits,
  hasRows,
  type InputBinding,
  isGenerated,
  type PromptTemplate,
  type ServedEndpoint,
  type ServedModel,
  type ShapeLength,
  TENSOR_DIALECTS,
  type TensorDialectName,
  type TensorSettings,
} from '../providers/tensors/served-model.ts'
import { isImageInput, refuseMixed } from './tensor-images.ts'
import type { TensorModelContent } from './tensor-model-schema.ts'

import {
  AUDIO_BATCH,
  AUDIO_RATE,
  IMAGE_BATCH,
  METHODS,
  ROLES,
  SERVED_BY,
  SOURCES,
  TEI_ROWS,
  TEXT_BATCH,
} from './tensor-rules.ts'

type Refuse = (path: readonly (string | number)[], message: string) => void
type Content = TensorModelContent
type Serves = ServedEndpoint

export function isTensorDialect(dialect: string): dialect is TensorDialectName {
  return (TENSOR_DIALECTS as readonly string[]).includes(dialect)
}

export function tensorSettings(
  dialect: TensorDialectName,
  models: readonly string[] | Readonly<Record<string, Content>> | undefined,
  refuse: Refuse,
): TensorSettings {
  const written = models === undefined || Array.isArray(models) ? undefined : Object.entries(models)
  if (written === undefined || written.length === 0) {
    refuse(
      ['models'],
      `must be a mapping of names to what each serves where dialect is \`${dialect}\`, such as \`{ bge: { serves: embeddings } }\``,
    )
    return { dialect, models: new Map() }
  }
  return {
    dialect,
    models: new Map(
      written.map(([name, content]) => [
        name,
        servedModel(dialect, name, content as Content, (path, message) =>
          refuse(['models', name, ...path], message),
        ),
      ]),
    ),
  }
}

function servedModel(
  dialect: TensorDialectName,
  name: string,
  content: Content,
  refuse: Refuse,
): ServedModel {
  const { serves = 'custom', batch } = content
  if (content.serves === undefined)
    refuse(['serves'], 'is missing: state which endpoint the model answers, such as `embeddings`')
  else if (!SERVED_BY[dialect](serves))
    refuse(['serves'], `must not be \`${serves}\` where dialect is \`${dialect}\``)
  refuseStrangers(dialect, serves, content, refuse)
  const method = content.method ?? 'predict'
  const outputs = outputsOf(dialect, serves, method, content, refuse)
  const inputs = inputsOf(dialect, serves, content, refuse)
  refuseMixed(serves, inputs, refuse)
  if (batch !== undefined && !hasRows({ inputs }))
    refuse(
      ['batch'],
      'must not stand where no input has `rows` in its shape: such a model is asked one thing a call',
    )
  return {
    name,
    serves,
    remoteName: content.remote ?? name,
    version: content.version,
    label: content.label,
    method,
    signature: content.signature,
    inputs,
    outputs,
    binary: content.binary ?? false,
    maxRows: content.max_rows ?? (dialect === 'tei' ? TEI_ROWS : Number.MAX_SAFE_INTEGER),
    batch: batch && batchLimits(usualBatch(serves, inputs), batch),
    labels: content.labels ?? [],
    thresholds:
      typeof content.threshold === 'object'
        ? { byLabel: content.threshold, others: 0.5 }
        : { byLabel: {}, others: content.threshold ?? 0.5 },
    activation: content.activation ?? 'none',
    shortens: content.shorten ?? false,
    sampleRate: content.sample_rate ?? AUDIO_RATE,
    template: content.template && templateOf(content.template),
  }
}

/** A key that says nothing here would be read over in silence. */
function refuseStrangers(dialect: TensorDialectName, serves: Serves, content: Content, refuse: Refuse): void {
  const about: readonly [keyof Content, boolean, string][] = [
    ['method', METHODS[dialect].length > 0, 'TensorFlow Serving and Vertex AI alone have several'],
    ['signature', dialect === 'tensorflow-serving', 'it is about TensorFlow Serving'],
    ['label', dialect === 'tensorflow-serving', 'it is about TensorFlow Serving'],
    ['version', dialect !== 'tei' && dialect !== 'vertex', 'this server has one version of a model'],
    ['binary', dialect === 'kserve' || content.method === 'raw_predict', 'it is about KServe’s tensors'],
    ['input', dialect !== 'tei', 'this server takes texts alone'],
    ['output', dialect !== 'tei', 'this server has one way to answer'],
    ['labels', serves === 'moderations', 'it is about moderations'],
    ['threshold', serves === 'moderations', 'it is about moderations'],
    ['activation', serves === 'moderations' || serves === 'rerank', 'it is about moderations and rerank'],
    ['shorten', serves === 'embeddings', 'it is about embeddings'],
    ['sample_rate', serves.startsWith('audio/'), 'it is about audio'],
    ['template', serves === 'chat/completions', 'it is about chat/completions'],
    ['batch', !isGenerated(serves), 'what is generated is not joined'],
  ]
  for (const [key, isMeant, reason] of about)
    if (content[key] !== undefined && !isMeant) refuse([key], `must not stand here: ${reason}`)
  const { method } = content
  if (method !== undefined && METHODS[dialect].length > 0 && !METHODS[dialect].includes(method))
    refuse(['method'], `must be one of ${METHODS[dialect].join(', ')} where dialect is \`${dialect}\``)
  if (content.version !== undefined && content.label !== undefined)
    refuse(['label'], 'must not stand beside version: either says which is asked')
}

function inputsOf(
  dialect: TensorDialectName,
  serves: Serves,
  content: Content,
  refuse: Refuse,
): InputBinding[] {
  const written = Object.entries(content.input ?? {})
  if (written.length === 0 && dialect !== 'tei' && !isGenerated(serves) && content.serves !== undefined)
    refuse(
      ['input'],
      `is missing: state which tensor takes what, such as \`{ TEXT: ${SOURCES[serves]?.[0] ?? 'text'} }\``,
    )
  return written.map(([name, input]) => {
    const stated = typeof input === 'string' ? ({ from: input } as Exclude<typeof input, string>) : input
    const { from, value, datatype, shape } = stated
    if ((from === undefined) === (value === undefined))
      refuse(
        ['input', name],
        'must have either `from`, what of the request it takes, or `value`, the same for each',
      )
    const sources = SOURCES[serves]
    if (from !== undefined && sources !== undefined && !sources.includes(from))
      refuse(
        ['input', name],
        `must take ${sources.join(', ')} where serves is \`${serves}\`, not \`${from}\``,
      )
    const lengths = shape ?? usualShape(dialect, from, value)
    if (
      lengths.filter((length) => length === 'any').length > 1 ||
      lengths.filter((length) => length === 'rows').length > 1
    )
      refuse(['input', name, 'shape'], 'must have `rows` once and `any` once at most')
    const binding = { name, from, value, datatype, shape: lengths }
    const isImage = isImageInput(serves, stated, (path, message) => refuse(['input', name, ...path], message))
    return isImage ? { ...binding, isImage } : binding
  })
}

/** As Triton's models with a batch dimension take one value, and TensorFlow Serving's instances. */
function usualShape(
  dialect: TensorDialectName,
  from: string | undefined,
  value: unknown,
): readonly ShapeLength[] {
  if (from === 'samples' || Array.isArray(value)) return ['rows', 'any']
  return dialect === 'kserve' ? ['rows', 1] : ['rows']
}

function outputsOf(
  dialect: TensorDialectName,
  serves: Serves,
  method: ServedModel['method'],
  content: Content,
  refuse: Refuse,
): ReadonlyMap<string, string> {
  const outputs = new Map([
    ...DIALECTS[dialect].usualOutputs({ serves, method }),
    ...Object.entries(content.output ?? {}),
  ])
  const roles = ROLES[serves]
  for (const role of outputs.keys()) {
    if (roles !== undefined && !roles.includes(role) && content.output?.[role] !== undefined)
      refuse(['output', role], `is none of what serves \`${serves}\` tells: ${roles.join(', ')}`)
  }
  const [first = 'value'] = roles ?? []
  const isMissing = roles === undefined ? outputs.size === 0 : !outputs.has(first)
  if (isMissing && !isGenerated(serves) && content.serves !== undefined)
    refuse(['output'], `is missing: state which tensor is the ${first}, such as \`{ ${first}: OUTPUT }\``)
  if (serves === 'moderations' && content.labels === undefined && !outputs.has('labels'))
    refuse(
      ['labels'],
      'is missing: name the labels in the order of their scores, or the output that tells them',
    )
  return outputs
}

function usualBatch(serves: Serves, inputs: readonly InputBinding[]): BatchLimits {
  if (serves.startsWith('audio/')) return AUDIO_BATCH
  return inputs.some(({ isImage }) => isImage === true) ? IMAGE_BATCH : TEXT_BATCH
}

function batchLimits(usual: BatchLimits, batch: NonNullable<Content['batch']>): BatchLimits {
  return {
    maxRows: batch.max_size ?? usual.maxRows,
    maxBytes: batch.max_bytes ?? usual.maxBytes,
    maxDelayMs: batch.max_delay ?? usual.maxDelayMs,
  }
}

function templateOf(written: NonNullable<Content['template']>): PromptTemplate {
  return {
    turns: {
      system: written.system ?? '{content}\n',
      user: written.user ?? '{content}\n',
      assistant: written.assistant ?? '{content}\n',
    },
    start: written.start ?? '',
    stop: written.stop ?? [],
  }
}
