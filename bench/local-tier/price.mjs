// What a million output tokens cost at full, half and a tenth of the load, by dollars an hour over what was served.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, chatBody } from './ask.mjs'
import { atRate, inParallel } from './load.mjs'

/** Rows of the ledger are settled just after the answer. */
const SETTLE_MS = 1500

/**
 * At full load, `clients` keep the tier busy; the rates of the others are shares of what that served. Tokens are those
 * of trimtab's ledger. `withTier(work)` brings servers that are fresh, and a data folder, for each load.
 */
export async function priceByLoad(
  withTier,
  questions,
  { model, maxTokens, forced, seconds, clients, shares },
) {
  const lines = []
  let answersPerSecond
  for (const share of shares) {
    const line = await withTier(async ({ tier, trimtab }) => {
      const next = () => ask(trimtab.origin, chatBody(model, questions(), maxTokens, forced))
      const from = performance.now()
      const load =
        share === 1
          ? await inParallel(next, clients, seconds)
          : await atRate(next, answersPerSecond * share, seconds)
      const elapsedSeconds = (performance.now() - from) / 1000
      answersPerSecond ??= load.requests / load.seconds
      await sleep(SETTLE_MS)
      const { totals, standing } = trimtab.report()
      return priced(share, load, { totals, standing, elapsedSeconds, tier })
    })
    lines.push(line)
  }
  return lines
}

function priced(share, load, { totals, standing, elapsedSeconds, tier }) {
  const usdPerHour = tier.usdPerHour * tier.origins.length
  const served = totals.tokens.output + totals.tokens.reasoning
  return {
    share,
    requests: totals.requests,
    errors: totals.errors,
    seconds: elapsedSeconds,
    outputTokens: served,
    tokensPerSecond: load.tokensPerSecond,
    firstTokenMs: load.firstTokenMs,
    usdPerHour,
    usdPerMillion: ((usdPerHour / 3600) * elapsedSeconds * 1e6) / served,
    // Of the whole life of that trimtab, its start and end included.
    ledger: { costUsd: totals.cost_usd, standing: standing?.[0] ?? null },
  }
}
