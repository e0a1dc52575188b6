// How many of real prompts the small tier hands on to the next one, by a policy's `escalate`.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, chatBody } from './ask.mjs'
import { percentile } from './percentile.mjs'
import { evenly } from './prompts.mjs'
import { withTrimtab } from './trimtab.mjs'

const SETTLE_MS = 1500
/** What `check` says of a version that only reads the key. */
const INACTIVE = '`escalate` does nothing yet'

/** Of the bench, where no `--policy` is given; the large tier is simulated: what counts is who is asked. */
function standardPolicy(model) {
  return `workflow: tier
tiers:
  small: { use: ["local/${model}"] }
  large: { use: [sandbox/large] }
route: [{ name: all, to: [small, large] }]
escalate: { when: { confidence: { below: 0.5 }, refused: on, invalid_json: on } }
`
}

/** Undefined where this trimtab reads `escalate` without acting on it. */
export async function escalationRate(tier, prompts, { model, count, maxTokens, parallel, policyFile }) {
  const policy = policyFile === undefined ? standardPolicy(model) : readFileSync(policyFile, 'utf8')
  return withTrimtab({ ...tier, policy }, async (trimtab) => {
    if (trimtab.warnings().includes(INACTIVE)) return undefined
    const left = evenly(prompts, count)
    const asked = []
    const client = async () => {
      for (let prompt = left.shift(); prompt !== undefined; prompt = left.shift()) {
        const answer = await ask(trimtab.origin, chatBody('tier', prompt.text, maxTokens))
        asked.push({ kind: prompt.kind, ...answer })
      }
    }
    await Promise.all(Array.from({ length: parallel }, client))
    await sleep(SETTLE_MS)
    return summary(asked, trimtab.report('tier').rows, policy)
  })
}

function summary(asked, rows, policy) {
  const kinds = [...new Set(asked.map(({ kind }) => kind))]
  return {
    policy,
    tiers: rows.map(({ tier, requests, errors, latency_ms }) => ({
      tier,
      requests,
      errors,
      totalMs: latency_ms,
    })),
    kinds: kinds.map((kind) => {
      const of = asked.filter((answer) => answer.kind === kind)
      const handedOn = of.filter(({ headers }) => headers?.['x-trimtab-tier'] === 'large')
      return {
        kind,
        requests: of.length,
        failed: of.filter(({ ok }) => !ok).length,
        escalated: handedOn.length,
        share: handedOn.length / of.length,
        totalMs: {
          kept: percentile(
            of.filter((answer) => !handedOn.includes(answer)).map(({ totalMs }) => totalMs),
            0.5,
          ),
          escalated: percentile(
            handedOn.map(({ totalMs }) => totalMs),
            0.5,
          ),
        },
      }
    }),
  }
}
