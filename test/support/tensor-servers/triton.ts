/**
 * A server that answers as NVIDIA Triton does at /v2: every request and every answer of its own is held to the schemas that
 * KServe publishes, and what Triton's core refuses is refused in its words. It takes a model's time, one call after another.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { Ajv } from 'ajv'
import schemas from './kserve-schemas.json' with { type: 'json' }
import { type DoubleModel, MODELS } from './models.ts'
import { type Came, jsonReply, Refusal, type Reply, type Served, serve } from './serve.ts'
import { tell } from './triton-generate.ts'
import { type Declared, type Given, givenInput, writtenOutput } from './triton-tensors.ts'

export interface Triton extends Served {
  /** Rows of each call, in their order. */
  batches: number[]
  /** What a model takes for a call, and for each row of it; nothing by default. */
  takes: { callMs: number; rowMs: number }
  /** Whether it says that it is ready. */
  isReady: boolean
}

interface InferRequest {
  inputs: Parameters<typeof givenInput>[2][]
  outputs?: { name: string; parameters?: { binary_data?: boolean } }[]
}

const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addSchema(schemas, 'kserve')
const isRequest = ajv.compile({ $ref: 'kserve#/components/schemas/inference_request' })
const isAnswer = ajv.compile({ $ref: 'kserve#/components/schemas/inference_response' })
const HEADER = 'inference-header-content-length'

export async function startTriton(): Promise<Triton> {
  const state = { batches: [] as number[], takes: { callMs: 0, rowMs: 0 }, isReady: true }
  let turn: Promise<unknown> = Promise.resolve()
  const served = await serve(async (came, response) => {
    if (came.path === '/v2/health/ready') return { status: state.isReady ? 200 : 400, body: '' }
    if (came.path === '/v2/repository/index')
      return jsonReply([...Object.keys(MODELS), 'teller'].map(indexed))
    const [, name = '', , verb] = /^\/v2\/models\/([^/]+)(\/versions\/1)?(?:\/(\w+))?$/.exec(came.path) ?? []
    if (name === 'teller' && verb !== undefined) return tell(verb, came, response)
    const model = MODELS[name]
    if (model === undefined) {
      if (name === 'teller') return jsonReply({ name, platform: 'vllm' })
      throw new Refusal(404, `Request for unknown model: '${name}' is not found`)
    }
    if (verb === undefined) return jsonReply(metadataOf(name, model))
    if (verb !== 'infer') throw new Refusal(400, `unexpected path ${came.path}`)
    const asked = read(came)
    const given = inputsOf(name, model, asked)
    const rows = [...given.values()][0]?.shape[0] ?? 1
    state.batches.push(rows)
    // One instance of each model: calls wait for their turn.
    const mine = turn.then(() => delay(state.takes.callMs + state.takes.rowMs * rows))
    turn = mine
    if (state.takes.callMs + state.takes.rowMs > 0) await mine
    return answered(name, model, asked.request, run(name, model, given))
  })
  return Object.assign(state, served)
}

function indexed(name: string) {
  return { name, version: '1', state: 'READY' }
}

function metadataOf(name: string, { inputs, outputs }: DoubleModel) {
  return { name, versions: ['1'], platform: 'python', inputs, outputs }
}

/** The JSON, and what lies behind it for each input that says so. */
function read({ headers, bytes }: Came): { request: InferRequest; blobs: (Buffer | undefined)[] } {
  const length = headers[HEADER] === undefined ? bytes.byteLength : Number(headers[HEADER])
  let request: InferRequest
  try {
    request = JSON.parse(bytes.subarray(0, length).toString())
  } catch {
    throw new Refusal(400, 'failed to parse the request JSON buffer: Invalid value. at 0')
  }
  let at = length
  const blobs = (request.inputs ?? []).map(({ name, parameters }) => {
    const size = parameters?.binary_data_size
    if (size === undefined) return undefined
    if (at + size > bytes.byteLength)
      throw new Refusal(
        400,
        `unexpected size ${size} for input '${name}', expecting ${bytes.byteLength - at} bytes`,
      )
    at += size
    return bytes.subarray(at - size, at)
  })
  if (at !== bytes.byteLength)
    throw new Refusal(400, `unexpected additional input data of ${bytes.byteLength - at} bytes`)
  // The published schema knows no binary data: what is binary is held to it without that.
  const plain = { ...request, inputs: request.inputs?.map((input) => ({ data: [], ...input })) }
  if (request.inputs === undefined || !isRequest(plain))
    throw new Refusal(
      400,
      `not the protocol's: ${request.inputs === undefined ? "data must have required property 'inputs'" : ajv.errorsText(isRequest.errors)}`,
    )
  return { request, blobs }
}

function inputsOf(
  name: string,
  model: DoubleModel,
  { request, blobs }: ReturnType<typeof read>,
): ReadonlyMap<string, Given> {
  if (request.inputs.length !== model.inputs.length)
    throw new Refusal(
      400,
      `expected ${model.inputs.length} inputs but got ${request.inputs.length} inputs for model '${name}'`,
    )
  const given = new Map<string, Given>()
  for (const [index, input] of request.inputs.entries()) {
    const declared = model.inputs.find((one) => one.name === input.name)
    if (declared === undefined)
      throw new Refusal(400, `unexpected inference input '${input.name}' for model '${name}'`)
    given.set(input.name, givenInput(name, declared, input, blobs[index]))
  }
  const sizes = new Set([...given.values()].map(({ shape }) => shape[0] ?? 0))
  if (model.maxBatchSize > 0 && (sizes.size > 1 || Math.max(...sizes) > model.maxBatchSize))
    throw new Refusal(400, `inference request batch-size must be <= ${model.maxBatchSize} for '${name}'`)
  return given
}

function run(
  name: string,
  model: DoubleModel,
  given: ReadonlyMap<string, Given>,
): ReadonlyMap<string, Given> {
  try {
    return model.run(given)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Refusal(
      500,
      `Failed to process the request(s) for model instance '${name}_0', message: ${message}`,
    )
  }
}

function answered(
  name: string,
  model: DoubleModel,
  { outputs }: InferRequest,
  told: ReadonlyMap<string, Given>,
): Reply {
  const asked: readonly { name: string; parameters?: { binary_data?: boolean } }[] = outputs ?? model.outputs
  const written = asked.map((output) => {
    const declared = model.outputs.find((one): one is Declared => one.name === output.name)
    if (declared === undefined)
      throw new Refusal(400, `unexpected inference output '${output.name}' for model '${name}'`)
    return writtenOutput(declared, told.get(output.name) as Given, output.parameters?.binary_data === true)
  })
  const answer = { model_name: name, model_version: '1', outputs: written.map(({ wire }) => wire) }
  const plain = { ...answer, outputs: answer.outputs.map((output) => ({ data: [], ...output })) }
  if (!isAnswer(plain)) throw new Error(ajv.errorsText(isAnswer.errors))
  const header = Buffer.from(JSON.stringify(answer))
  const blob = Buffer.concat(written.map((one) => one.blob))
  if (blob.byteLength === 0) return { status: 200, body: header }
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', [HEADER]: String(header.byteLength) },
    body: Buffer.concat([header, blob]),
  }
}
