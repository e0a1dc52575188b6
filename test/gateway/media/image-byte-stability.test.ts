/** Images that are made smaller have the same bytes in every request of a conversation, whatever else it holds. */

import fc from 'fast-check'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { parseMessagesRequest } from '../../../src/anthropic/parse-messages-request.ts'
import type { Journey } from '../../../src/gateway/journey.ts'
import { KeptMedia } from '../../../src/gateway/media/kept-media.ts'
import { outboundMediaOf } from '../../../src/gateway/media/outbound-media.ts'
import { type Destination, outboundBody, UNBOUNDED } from '../../../src/gateway/outbound.ts'
import { servingTargets } from '../../../src/gateway/serving.ts'
import type { ModelRequest } from '../../../src/openai/model-request.ts'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import { SharpImages } from '../../../src/platform/node/sharp-images.ts'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'
import type { VendorId } from '../../../src/providers/vendors.ts'
import { picture } from '../../support/picture.ts'
import { silentProvider } from '../../support/silent-provider.ts'

type Api = 'chat/completions' | 'responses' | 'messages'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Large and small, of each format, and one that is none. */
async function pool(): Promise<string[]> {
  const [large, medium, small] = [await picture(1000, 800), await picture(200, 160), await picture(50, 40)]
  const all = await Promise.all([
    sharp(large).jpeg().toBuffer(),
    sharp(medium).webp().toBuffer(),
    sharp(medium).png().toBuffer(),
    sharp(small).jpeg().toBuffer(),
  ])
  return [...all.map((bytes) => bytes.toString('base64')), Buffer.from('no image').toString('base64')]
}

interface Said {
  text: string
  /** Of the pool. */
  images: number[]
  detail: string
}

const said: fc.Arbitrary<Said> = fc.record({
  text: fc.string({ minLength: 1 }),
  images: fc.array(fc.nat(4), { maxLength: 3 }),
  detail: fc.constantFrom('auto', 'low', 'high'),
})

const target = fc.constantFrom<{ vendor: VendorId; model: string }>(
  { vendor: 'openai', model: 'gpt-4o' },
  { vendor: 'openai', model: 'gpt-5.5' },
  { vendor: 'anthropic', model: 'claude-haiku-4-5' },
  { vendor: 'vllm', model: 'qwen3-vl' },
)

const images = fc.constantFrom('downscale', '{ max_edge: 100 }', '{ max_pixels: 9000 }')

function asMessage(api: Api, { text, images, detail }: Said, base64: readonly string[]) {
  const url = (index: number): string => `data:image/png;base64,${base64[index]}`
  if (api === 'messages') {
    const parts = images.map((index) => {
      const source = { type: 'base64', media_type: 'image/png', data: base64[index] }
      return { type: 'image', source }
    })
    return { role: 'user', content: [...parts, { type: 'text', text }] }
  }
  if (api === 'responses') {
    const parts = images.map((index) => ({ type: 'input_image', image_url: url(index), detail }))
    return { role: 'user', content: [...parts, { type: 'input_text', text }] }
  }
  const parts = images.map((index) => ({ type: 'image_url', image_url: { url: url(index), detail } }))
  return { role: 'user', content: [...parts, { type: 'text', text }] }
}

function parsed(api: Api, messages: readonly unknown[]): ModelRequest {
  const name = api === 'responses' ? 'input' : 'messages'
  const bytes = encoder.encode(JSON.stringify({ [name]: messages, model: 'm', max_tokens: 9, store: false }))
  return api === 'messages' ? parseMessagesRequest(bytes) : parseModelRequest(api, bytes)
}

it('150 conversations keep every byte of what was sent before', async () => {
  const base64 = await pool()
  const fitter = new SharpImages(sharp)
  let compared = 0
  let smaller = 0
  const api = fc.constantFrom<Api>('chat/completions', 'responses', 'messages')
  await fc.assert(
    fc.asyncProperty(
      api,
      target,
      images,
      fc.array(said, { minLength: 2, maxLength: 4 }),
      async (...drawn) => {
        const [api, { vendor, model }, images, turns] = drawn
        const file = parsePolicy({ path: 'p.yaml', text: `input: { images: ${images} }` }, () => '0')
        if (!('policy' in file)) throw new Error('the policy is sound')
        const planned = [{ tier: 'one', targets: [{ provider: silentProvider(vendor), model }] }]
        const messages: unknown[] = []
        let before = ''
        for (const turn of turns) {
          messages.push(asMessage(api, turn, base64))
          const request = parsed(api, messages)
          const [serving] = servingTargets(request, planned, { at: 0, told: undefined }, () => true).targets
          if (serving === undefined) throw new Error('each target knows images')
          const journey = {
            policy: file.policy,
            input: { hasMedia: true },
            incoming: { request, principal: { tenant: 't' } },
            gateway: { imageFitter: () => fitter, keptMedia: new KeptMedia(), elapsedMs: () => 0 },
          } as unknown as Journey
          const destination = { ...serving, replica: serving.provider.replicas[0] } as Destination
          const media = await outboundMediaOf(journey, destination)
          const { bytes, notes } = outboundBody(request, serving, UNBOUNDED, false, undefined, media)
          const sent = JSON.parse(decoder.decode(bytes)) as { messages?: unknown[]; input?: unknown[] }
          const prompt = JSON.stringify(sent.messages ?? sent.input).slice(0, -1)
          expect(prompt.startsWith(before)).toBe(true)
          if (before !== '') compared++
          if (notes.some((note) => note.startsWith('images made smaller'))) smaller++
          before = prompt
          messages.push(asAnswer(api))
        }
      },
    ),
    { numRuns: 150 },
  )
  expect(compared).toBeGreaterThan(150)
  expect(smaller).toBeGreaterThan(100)
})

function asAnswer(api: Api) {
  if (api !== 'responses') return { role: 'assistant', content: 'I see.' }
  const content = [{ type: 'output_text', text: 'I see.', annotations: [] }]
  return { type: 'message', role: 'assistant', content }
}
