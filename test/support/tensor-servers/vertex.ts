/** A server that answers as Vertex AI's prediction endpoints do, for whoever shows the token that is asked for. */
import { vectorOf } from './models.ts'
import { jsonReply, Refusal, type Served, serve } from './serve.ts'

const BINARY = 'application/vnd.vertex-ai-triton.binary+json;json-header-size='

/** Paths are below `/v1/projects/P/locations/L`. */
export async function startVertex(token: () => string): Promise<Served> {
  return serve(({ path, method, headers, bytes }) => {
    if (headers.authorization !== `Bearer ${token()}`)
      throw new Refusal(401, 'Request had invalid authentication credentials.')
    const [, endpoint, verb] =
      /^\/v1\/projects\/p\/locations\/l\/endpoints\/(\d+)(?::(\w+))?$/.exec(path) ?? []
    if (endpoint === undefined) throw new Refusal(404, 'The requested URL was not found on this server.')
    if (endpoint !== '4711')
      throw new Refusal(404, `Endpoint \`projects/p/locations/l/endpoints/${endpoint}\` not found.`)
    if (verb === undefined && method === 'GET')
      return jsonReply({ name: path, deployedModels: [{ id: '1' }] })
    const type = headers['content-type'] ?? ''
    const length = type.startsWith(BINARY) ? Number(type.slice(BINARY.length)) : bytes.byteLength
    const body = JSON.parse(bytes.subarray(0, length).toString())
    if (verb === 'predict') {
      if (!Array.isArray(body.instances))
        throw new Refusal(400, 'Invalid JSON payload received. "instances" is missing.')
      const predictions = body.instances.map(({ content }: { content: string }) => ({
        values: vectorOf(content),
      }))
      return jsonReply({ predictions, deployedModelId: '1', model: 'm' })
    }
    if (verb !== 'rawPredict') throw new Refusal(404, 'no such method')
    return rawly(body, bytes.subarray(length))
  }, refused)
}

/** As Triton's container behind it. */
function rawly(body: { inputs: { shape: number[] }[] }, blob: Buffer) {
  const [rows = 0] = body.inputs[0]?.shape ?? []
  const texts: string[] = []
  for (let at = 0; at < blob.byteLength; at += 4 + blob.readUInt32LE(at))
    texts.push(blob.subarray(at + 4, at + 4 + blob.readUInt32LE(at)).toString())
  const values = Buffer.from(Float32Array.from(texts.flatMap(vectorOf)).buffer)
  const outputs = [
    {
      name: 'VECTOR',
      datatype: 'FP32',
      shape: [rows, 8],
      parameters: { binary_data_size: values.byteLength },
    },
  ]
  const header = Buffer.from(JSON.stringify({ model_name: 'm', outputs }))
  return {
    status: 200,
    headers: { 'content-type': `${BINARY}${header.byteLength}` },
    body: Buffer.concat([header, values]),
  }
}

function refused({ status, message }: Refusal): string {
  return JSON.stringify({ error: { code: status, message, status: 'INVALID_ARGUMENT' } })
}
