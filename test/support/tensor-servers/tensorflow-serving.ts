/** A server that answers as TensorFlow Serving's REST API does, refusing what its JSON parser and its servables refuse. */
import { LABELS, scoresOf, vectorOf } from './models.ts'
import { type Came, jsonReply, Refusal, type Reply, type Served, serve } from './serve.ts'

interface Predict {
  signature_name?: string
  instances?: unknown[]
  inputs?: Record<string, unknown>
  examples?: Record<string, unknown>[]
}

const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  encoder: ['serving_default', 'pooled'],
  guard: ['serving_default'],
  speech: ['serving_default'],
}

export async function startTensorflowServing(): Promise<Served> {
  return serve((came) => {
    const path = /^\/v1\/models\/([^/:]+)(?:\/(versions|labels)\/([^/:]+))?(?::(\w+))?$/.exec(came.path)
    if (path === null) throw new Refusal(404, `Malformed request: ${came.method} ${came.path}`)
    const [, model = '', kind, place, verb] = path
    const isKnown = model in SIGNATURES && (kind === undefined || place === '2' || place === 'stable')
    if (!isKnown) {
      const wanted = kind === 'versions' ? `Specific(${model}, ${place})` : `Latest(${model})`
      throw new Refusal(404, `Servable not found for request: ${wanted}`)
    }
    if (verb === undefined) return jsonReply(statusOf())
    return answerTo(model, verb, came)
  })
}

function statusOf() {
  const status = { error_code: 'OK', error_message: '' }
  return { model_version_status: [{ version: '2', state: 'AVAILABLE', status }] }
}

function answerTo(model: string, verb: string, { bytes }: Came): Reply {
  let asked: Predict
  try {
    asked = JSON.parse(bytes.toString())
  } catch {
    throw new Refusal(400, 'JSON Parse error: Invalid value. at offset: 0')
  }
  const { signature_name: signature = 'serving_default' } = asked
  if (!SIGNATURES[model]?.includes(signature))
    throw new Refusal(400, `Serving signature name: "${signature}" not found in signature def`)
  if (verb === 'classify' || verb === 'regress') return byExamples(verb, asked)
  if (verb !== 'predict') throw new Refusal(404, `Malformed request: POST :${verb}`)
  if ((asked.instances === undefined) === (asked.inputs === undefined))
    throw new Refusal(400, "Missing 'inputs' or 'instances' key")
  if (asked.inputs !== undefined) return speech(asked.inputs)
  return encoded(asked.instances ?? [], signature)
}

/** Rows that are objects name their inputs. */
function encoded(instances: readonly unknown[], signature: string): Reply {
  if (instances.length === 0) throw new Refusal(400, "Request data format error: 'instances' is empty")
  const texts = instances.map((instance, index) => {
    const text = (instance as { text?: unknown } | null)?.text
    if (typeof text === 'string') return text
    const found = Array.isArray(text) ? 'list' : typeof text
    throw new Refusal(
      400,
      `Failed to process element: ${index} of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: ${found} Type: ${found} is not of expected type: string`,
    )
  })
  // One output goes without its name; a vector that could not be normalised is written as it is.
  const rows = texts.map((text) =>
    text === 'not a number' ? '[NaN, -Infinity]' : JSON.stringify(vectorOf(text)),
  )
  const body =
    signature === 'pooled'
      ? `{"predictions": [${rows.map((row) => `{"pooled": ${row}, "count": 1}`).join(', ')}]}`
      : `{"predictions": [${rows.join(', ')}]}`
  return { status: 200, body }
}

function speech(inputs: Readonly<Record<string, unknown>>): Reply {
  const { wav } = inputs as { wav?: { b64?: unknown } }
  if (typeof wav?.b64 !== 'string') throw new Refusal(400, 'tensor wav is no string')
  return jsonReply({
    outputs: { transcript: `${Buffer.from(wav.b64, 'base64').byteLength} bytes were heard` },
  })
}

function byExamples(verb: string, { examples }: Predict): Reply {
  if (!Array.isArray(examples) || examples.length === 0)
    throw new Refusal(400, "When method is classify, key 'examples' is expected and was not found")
  const texts = examples.map(({ text }) => String(text))
  return verb === 'regress'
    ? jsonReply({ results: texts.map((text) => text.length / 100) })
    : jsonReply({
        results: texts.map((text) => LABELS.map((label, index) => [label, scoresOf(text)[index]])),
      })
}
