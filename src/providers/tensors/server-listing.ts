/** What a server of tensors has, and how it fares, as an answer to `GET /models`: for the list of models and for `doctor`. */
import { isObject } from '../../openai/is-object.ts'
import { parseLooseJson } from '../../tensors/loose-json.ts'
import type { TensorAnswer } from './dialect.ts'
import { modelPath } from './dialects/kserve.ts'
import { servablePath } from './dialects/tensorflow-serving.ts'
import { endpointPath } from './dialects/vertex.ts'
import { exchange } from './exchange.ts'
import { isGenerated, type ServedModel, type TensorSettings } from './served-model.ts'
import { requestTo, requireAnswered, type Server } from './server.ts'
import { json, type Told } from './task.ts'
import type { Work } from './task-call.ts'

/** Triton's word for it, and that of KServe's own servers. */
const NOT_READY: ReadonlySet<number> = new Set([400, 503])

type Get = (path: string, body?: string) => Promise<TensorAnswer>

interface Standing {
  /** Besides those that are declared. */
  others: readonly string[]
  /** A sentence each, for the operator. */
  problems: readonly string[]
}

/** Rejects with Refused where the server is not ready, with TransportError where it is not there. */
export function listServer({ dialect, models }: TensorSettings, server: Server): Work {
  let hasSent = false
  let current: { abort(): void } | undefined
  const get: Get = async (path, body) => {
    const request = requestTo(server, {
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers: body === undefined ? [] : ['content-type', 'application/json'],
      body: body === undefined ? null : new TextEncoder().encode(body),
    })
    const call = exchange(server.network, request)
    current = call
    hasSent = true
    return call.answer
  }
  return {
    told: STANDINGS[dialect](get, [...models.values()]).then((standing) =>
      listed([...models.keys()], standing),
    ),
    leave: () => current?.abort(),
    get sent() {
      return hasSent
    },
  }
}

const STANDINGS: Readonly<
  Record<TensorSettings['dialect'], (get: Get, models: readonly ServedModel[]) => Promise<Standing>>
> = { kserve: ofKserve, 'tensorflow-serving': ofTensorflow, tei: ofTei, vertex: ofVertex }

/** In the shape of OpenAI's list; `problems` besides. */
function listed(names: readonly string[], { others, problems }: Standing): Told {
  const data = [...names, ...others].map((id) => ({ id, object: 'model', created: 0, owned_by: 'operator' }))
  return json({ object: 'list', data, problems })
}

async function ofKserve(get: Get, models: readonly ServedModel[]): Promise<Standing> {
  const ready = await get('/v2/health/ready')
  if (NOT_READY.has(ready.status))
    return { others: [], problems: [`it is not ready (${ready.status}): a model is loading, or failed to`] }
  requireAnswered(ready)
  const declared = new Set(models.map(({ remoteName }) => remoteName))
  // An extension, which other servers than Triton need not have.
  const index = parsed(await get('/v2/repository/index', '{}'))
  const there = Array.isArray(index) ? index.filter(isObject) : []
  const others = there.flatMap(({ name }) => (typeof name === 'string' && !declared.has(name) ? [name] : []))
  const problems: string[] = []
  for (const model of models) problems.push(...(await problemsOf(get, model)))
  return { others: [...new Set(others)], problems }
}

/** Held to what the server says of the model's tensors. */
async function problemsOf(get: Get, model: ServedModel): Promise<string[]> {
  const { name, inputs, outputs } = model
  const answer = await get(modelPath(model))
  const metadata = parsed(answer)
  if (!isObject(metadata)) return [`model ${name} is not there (${answer.status})`]
  if (isGenerated(model.serves)) return []
  const has = { input: namesIn(metadata.inputs), output: namesIn(metadata.outputs) }
  const missing = (kind: 'input' | 'output', tensor: string): string[] =>
    has[kind] === undefined || has[kind].includes(tensor)
      ? []
      : [`model ${name} has no ${kind} ${tensor}: it has ${has[kind].join(', ') || 'none'}`]
  return [
    ...inputs.flatMap((input) => missing('input', input.name)),
    ...[...outputs.values()].flatMap((output) => missing('output', output)),
  ]
}

async function ofTensorflow(get: Get, models: readonly ServedModel[]): Promise<Standing> {
  const problems: string[] = []
  for (const model of models) {
    const answer = await get(servablePath(model))
    const status = parsed(answer)
    const versions = isObject(status) ? status.model_version_status : undefined
    const states = Array.isArray(versions) ? versions.filter(isObject).map(({ state }) => state) : []
    if (states.includes('AVAILABLE')) continue
    const how = states.length > 0 ? states.join(', ') : String(answer.status)
    problems.push(`model ${model.name} is not available (${how})`)
  }
  return { others: [], problems }
}

async function ofTei(get: Get, models: readonly ServedModel[]): Promise<Standing> {
  requireAnswered(await get('/health'))
  const info = parsed(await get('/info'))
  const most = isObject(info) ? info.max_client_batch_size : undefined
  if (typeof most !== 'number') return { others: [], problems: [] }
  const problems = models.flatMap(({ name, maxRows }) =>
    maxRows > most
      ? [`model ${name} is asked ${maxRows} texts a call, and the server takes ${most}: state max_rows`]
      : [],
  )
  return { others: [], problems }
}

async function ofVertex(get: Get, models: readonly ServedModel[]): Promise<Standing> {
  const problems: string[] = []
  for (const model of models) {
    const answer = await get(endpointPath(model))
    if (answer.status === 404) problems.push(`model ${model.name} has no endpoint ${model.remoteName}`)
    else requireAnswered(answer)
  }
  return { others: [], problems }
}

function parsed({ status, body }: TensorAnswer): unknown {
  return status === 200 ? parseLooseJson(new TextDecoder().decode(body)) : undefined
}

function namesIn(tensors: unknown): readonly string[] | undefined {
  return Array.isArray(tensors) ? tensors.filter(isObject).map(({ name }) => String(name)) : undefined
}
