/** Where a request of a model's endpoint goes that names what was made before. */
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { pinOf } from '../../../src/gateway/passed/pins.ts'
import { planTargets } from '../../../src/gateway/plan-targets.ts'
import { workflowOf } from '../../../src/gateway/resolve.ts'
import { TokenRatios } from '../../../src/metering/token-ratios.ts'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import { PolicySource } from '../../../src/policy/policy-source.ts'
import { buildRegistry } from '../../../src/providers/registry.ts'
import { createSandbox } from '../../../src/providers/sandbox.ts'
import { Facts } from '../../../src/routing/facts.ts'
import type { MadeId } from '../../../src/routing/made-ids.ts'
import { MemoryMadeIds } from '../../../src/storage/memory-made-ids.ts'

const CONFIG = `
providers:
  openai: { vendor: openai, accounts: [{ name: one, api_key: a }, { name: two, api_key: b }] }
  azure: { vendor: azure-v1, base_url: "https://x.openai.azure.com/openai/v1", api_key: c }
`
const MADE: MadeId = {
  id: 'resp_1',
  tenant: 'default',
  provider: 'openai',
  account: 'two',
  replica: 'openai/api.openai.com:443/two',
  madeAt: 0,
}

describe('a response that goes on from another', () => {
  test('goes to the account that made that, and only there', async () => {
    const [target, ...others] = await planned({ model: 'gpt-5.5', previous_response_id: 'resp_1' })
    expect(others).toEqual([])
    expect(target?.provider.replicas.map(({ account }) => account)).toEqual(['two'])
  })

  test('so does one with a file in its input, or a conversation', async () => {
    const content = [{ type: 'input_file', file_id: 'resp_1' }]
    for (const more of [{ input: [{ role: 'user', content }] }, { conversation: { id: 'resp_1' } }]) {
      const [target] = await planned({ model: 'gpt-5.5', ...more })
      expect(target?.provider.replicas).toHaveLength(1)
    }
  })

  test('an id that nobody here made goes where its model leads', async () => {
    const [target] = await planned({ model: 'gpt-5.5', previous_response_id: 'resp_from_before' })
    expect(target?.provider.replicas).toHaveLength(2)
  })

  test('a model of another provider is refused with what to do', async () => {
    await expect(planned({ model: 'azure/gpt-5.5', previous_response_id: 'resp_1' })).rejects.toThrow(
      'resp_1 was made by provider openai, which the model asked for does not lead to: name one of its models.',
    )
  })

  test('another tenant’s is none', async () => {
    const asked = planned({ model: 'gpt-5.5', previous_response_id: 'resp_1' }, 'other')
    await expect(asked).rejects.toMatchObject({ code: 'not_found' })
  })
})

async function planned(body: object, tenant = 'default') {
  const bytes = new TextEncoder().encode(JSON.stringify({ input: 'a', ...body }))
  const request = parseModelRequest('responses', bytes)
  const principal = {
    tenant,
    team: undefined,
    key: undefined,
    allowedModels: undefined,
    allowedWorkflows: undefined,
    credential: undefined,
  }
  const nothing = { workflow: undefined, step: undefined, session: undefined, user: undefined, client: '' }
  const incoming = { request, principal, labels: { ...nothing, tags: {}, metadata: {} }, at: 0 }
  const madeIds = new MemoryMadeIds()
  await madeIds.remember([MADE])
  const policies = new PolicySource((text) => text.slice(0, 8)).current()
  const facts = new Facts({ request, keyName: undefined, tags: {}, bytesPerToken: 4, hourIn: () => 0 })
  const tokenRatios = new TokenRatios()
  const sources = { registry, policies: () => policies, hourIn: () => 0, random: () => 0, tokenRatios }
  const pin = await pinOf(incoming, { madeIds })
  return planTargets(incoming, workflowOf(incoming, policies), facts, sources, { pin }).targets
}

function registry() {
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: CONFIG }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error('refused')
  const network = createSandbox({ now: () => 0 })
  const { providers, aliases, defaultProvider } = parsed.config
  return buildRegistry({
    providers,
    aliases,
    defaultProvider,
    network,
    sandbox: network,
    sandboxOnly: false,
    now: () => 0,
    tokenOf: () => {
      throw new Error('no cloud is configured here')
    },
  })
}
