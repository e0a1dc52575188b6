/** `trimtab models`: with MiniLM's real weights, from a folder and from a hub over real sockets. */
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fetchedMinilm } from '../support/minilm.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { runCommand } from '../support/start-trimtab.ts'

const weights = fetchedMinilm()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-models-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const models = (...words: string[]) => runCommand(['models', ...words, '--data', join(folder, 'data')])
const place = (path = ''): string => join(folder, 'data/models/minilm', path)

describe.skipIf(weights === undefined)('with real weights', () => {
  const from = weights ?? ''

  test('add from a folder tries the model, shows the digests and puts it in place; list tells of it', async () => {
    const added = await models('add', 'minilm', '--from', from)
    expect(added.stderr).toBe('')
    expect(added).toMatchObject({ code: 0 })
    expect(added.stdout).toContain(
      `${sha256(join(from, 'onnx/model_quantized.onnx'))}  onnx/model_quantized.onnx`,
    )
    expect(added.stdout).toMatch(/marked as version 8 of their format instead of 10/)
    const [, id] = /as (minilm-int8-mean256-[0-9a-f]{16});/.exec(added.stdout) ?? []
    const listed = await models('list', '--json')
    expect(JSON.parse(listed.stdout)).toEqual({
      models: [
        { name: 'minilm', id, dtype: 'int8', dimensions: 384, weight_bytes: 22_928_619, folder: place() },
      ],
    })
    expect((await models('list')).stdout).toMatch(/minilm +int8 +23 +384 +minilm-int8-mean256/)
  })

  test('add from an ONNX file takes the tokenizer above it', async () => {
    const file = join(from, 'onnx/model_quantized.onnx')
    const added = await models('add', 'own/mini', '--from', file, '--json')
    expect(JSON.parse(added.stdout)).toMatchObject({ name: 'own/mini', dimensions: 384 })
    expect(JSON.parse((await models('list', '--json')).stdout).models[0].name).toBe('own/mini')
  })

  test('a model that cannot be run leaves the one that is there', async () => {
    await models('add', 'minilm', '--from', from)
    const before = sha256(place('onnx/model_quantized.onnx'))
    cpSync(from, join(folder, 'broken'), { recursive: true })
    writeFileSync(
      join(folder, 'broken/onnx/model_quantized.onnx'),
      readFileSync(place('onnx/model_quantized.onnx')).subarray(0, 1e6),
    )
    const added = await models('add', 'minilm', '--from', join(folder, 'broken'))
    expect(added).toMatchObject({ code: 1, stdout: '' })
    expect(added.stderr).toMatch(/^The model minilm cannot be taken from .*broken: .*cannot start: .*\n$/)
    expect(sha256(place('onnx/model_quantized.onnx'))).toBe(before)
    expect(readdirSync(join(folder, 'data/models'))).toEqual(['minilm'])
  })

  test('add from the hub follows it to its store, and checks what it states', async () => {
    const hub = await startHub(from)
    const added = await models('add', 'minilm', '--hub', hub.url, '--dtype', 'int8')
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(hub.asked).toContain('/Xenova/all-MiniLM-L6-v2/resolve/main/onnx/model_quantized.onnx')
    hub.lie()
    const lied = await models('add', 'minilm', '--hub', hub.url, '--dtype', 'int8')
    expect(lied.code).toBe(2)
    expect(lied.stderr).toMatch(/came with the SHA-256 [0-9a-f]{64}, where the hub states 0{64}\./)
    const missing = await models('add', 'minilm', '--hub', hub.url)
    expect(missing.stderr).toMatch(/onnx\/model\.onnx answers status 404\./)
    hub.close()
  })
})

test('without a network it says how to do without', async () => {
  const hub = (await closedPortUrl()).replace(/\/v1$/, '')
  const added = await models('add', 'minilm', '--hub', hub)
  expect(added).toMatchObject({ code: 2, stdout: '' })
  expect(added.stderr).toMatch(
    /cannot be fetched from .*: .*ECONNREFUSED.* models add minilm --from FOLDER\.\n$/,
  )
  expect(existsSync(place())).toBe(false)
})

test.each([
  [['add', '../x'], /^\.\.\/x is no name of a model/],
  [['add', 'a/../../b'], /is no name of a model/],
  [['add', 'bge'], /^bge is no model that trimtab knows: name it OWNER\/NAME/],
  [['add', 'minilm', '--from', 'nowhere'], /nowhere is not there\.\n$/],
  [['add', 'minilm', '--from', '.github-none'], /is not there\.\n$/],
])('refuses %j', async (words, message) => {
  const refused = await models(...words)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(message)
})

test('a folder without a whole model is named with what it lacks', async () => {
  mkdirSync(join(folder, 'half/onnx'), { recursive: true })
  const from = join(folder, 'half')
  expect((await models('add', 'minilm', '--from', from)).stderr).toMatch(
    /holds no weights: onnx\/model_quantized\.onnx or onnx\/model\.onnx is looked for\.\n$/,
  )
  writeFileSync(join(from, 'onnx/model.onnx'), 'x')
  expect((await models('add', 'minilm', '--from', from)).stderr).toMatch(
    /config\.json is not in .*half: a model is config\.json, tokenizer\.json/,
  )
  expect((await models('list')).stdout).toMatch(/^No model is there\./)
})

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** As the hub answers: large files by a redirect to its store, with the digest in the answer before it. */
async function startHub(from: string) {
  const asked: string[] = []
  let isLying = false
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    const path = join(from, url.replace(/^\/store|^\/Xenova\/all-MiniLM-L6-v2\/resolve\/main/, ''))
    if (!existsSync(path)) return response.writeHead(404).end('Entry not found')
    if (url.startsWith('/store') || !url.endsWith('.onnx')) return response.end(readFileSync(path))
    const etag = `"${isLying ? '0'.repeat(64) : sha256(path)}"`
    response.writeHead(302, { location: '/store/onnx/model_quantized.onnx', 'x-linked-etag': etag }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    lie: () => {
      isLying = true
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
