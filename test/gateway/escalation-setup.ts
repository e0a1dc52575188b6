/** A trimtab with a small and a large tier on two mock providers, for each answer that may not suffice a workflow of its name. */
import Database from 'better-sqlite3'
import type { Decision } from '../../src/metering/decision.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

export interface Tiered {
  trimtab: Inside
  small: MockProvider
  large: MockProvider
  stop(): Promise<void>
}

/** `policies` maps a workflow to its models and what it says besides: `small: [small/m], large: [large/m]`. */
export async function startTiered(
  policies: Readonly<Record<string, { small: string; large?: string; more?: string }>>,
): Promise<Tiered> {
  const small = await startMockProvider()
  const large = await startMockProvider()
  const trimtab = await startInside({
    config: [
      'default_provider: large',
      'providers:',
      `  small: { vendor: vllm, base_url: "${small.url}", models: { "narrow": { context: 100 } } }`,
      `  claude: { dialect: anthropic, base_url: "${small.url}" }`,
      `  direct: { vendor: generic, base_url: "${small.url}", endpoints: [chat/completions, responses] }`,
      `  plain: { vendor: generic, base_url: "${small.url}" }`,
      `  large: { vendor: generic, base_url: "${large.url}" }`,
      'prices:',
      '  overrides:',
      ...Object.values(policies).flatMap(({ small: models, large: others = 'large/big' }) =>
        `${models}, ${others}`
          .split(', ')
          .map(
            (model) =>
              `    ${model}: { input: ${model.startsWith('large') ? 10 : 1}, output: ${model.startsWith('large') ? 20 : 2} }`,
          ),
      ),
    ]
      .filter((line, index, all) => all.indexOf(line) === index)
      .join('\n'),
    policies: Object.fromEntries(
      Object.entries(policies).map(([workflow, { small: models, large: others = 'large/big', more }]) => [
        `${workflow}.yaml`,
        [
          `workflow: ${workflow}`,
          `tiers: { small: { use: [${models}] }, large: { use: [${others}] } }`,
          'route: [{ name: all, when: {}, to: [small, large] }]',
          'limits: { retries: 0 }',
          more ?? 'escalate: on',
        ].join('\n'),
      ]),
    ),
  })
  return {
    trimtab,
    small,
    large,
    async stop() {
      await trimtab.stop()
      await small.close()
      await large.close()
    },
  }
}

export interface Recorded {
  tier: string | null
  status: number
  attempts: { provider: string; model: string; outcome: string; usage: string; cost: number | null }[]
  decision: Decision
}

/** One request as the ledger has it once it is settled. */
export async function recorded(trimtab: Inside, id: unknown): Promise<Recorded> {
  await settledLedger(trimtab.ledgerFile)
  const database = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    const request = database.prepare('SELECT tier, status, decision FROM requests WHERE id = ?').get(id) as {
      tier: string | null
      status: number
      decision: string
    }
    const attempts = database
      .prepare(
        'SELECT provider, model, outcome, usage, cost_nano_usd AS cost FROM attempts WHERE request_id = ? ORDER BY ordinal',
      )
      .all(id) as Recorded['attempts']
    return { ...request, decision: JSON.parse(request.decision) as Decision, attempts }
  } finally {
    database.close()
  }
}

/** Requests of one workflow and user that a provider saw. */
export function seenOf(mock: MockProvider, user: string) {
  return mock.requests.filter(({ body }) => body?.user === user)
}
