/** A provider behind TLS, as all that are paid are: the built program trusts its certificate and is asked by an SDK. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import OpenAI from 'openai'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider
let front: Server
let trimtab: Trimtab
let folder: string
let openai: OpenAI

beforeAll(async () => {
  mock = await startMockProvider()
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  folder = mkdtempSync(join(tmpdir(), 'trimtab-tls-'))
  const trusted = join(folder, 'certificate.pem')
  writeFileSync(trusted, cert)
  front = createServer({ key, cert }, (secure) => {
    const plain = connect(mock.port, '127.0.0.1')
    secure.pipe(plain).pipe(secure)
    for (const socket of [secure, plain]) socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => front.listen(0, resolve))
  const { port } = front.address() as AddressInfo
  const config = `default_provider: far\nproviders:\n  far: { dialect: openai, base_url: "https://localhost:${port}/v1", api_key: k }\n`
  trimtab = await startTrimtab({ config, env: { NODE_EXTRA_CA_CERTS: trusted } })
  openai = new OpenAI({ baseURL: trimtab.baseUrl, apiKey: 'any', maxRetries: 0 })
})

afterAll(async () => {
  await trimtab?.stop()
  front?.close()
  await mock?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('streams all that it sends, over a connection that is kept', async () => {
  for (let time = 0; time < 3; time++) {
    const stream = await openai.chat.completions.create({
      model: 'paced-64-1',
      messages: [{ role: 'user', content: 'Stream.' }],
      stream: true,
    })
    let chunks = 0
    let finish: string | null | undefined
    for await (const { choices } of stream) {
      chunks++
      finish = choices[0]?.finish_reason ?? finish
    }
    expect(chunks).toBeGreaterThanOrEqual(64)
    expect(finish).toBe('stop')
  }
  expect(mock.connections).toBe(1)
})

it('answers as a whole, however large', async () => {
  const { choices } = await openai.chat.completions.create({
    model: 'sized-3000000',
    messages: [{ role: 'user', content: 'All of it.' }],
  })
  expect(choices[0]?.message.content?.length).toBeGreaterThan(2_900_000)
})
