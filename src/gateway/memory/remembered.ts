/** Whether a remembered answer may be told to this caller, and what it saves. */
import type { CacheDirectives } from '../../cache/cache-control.ts'
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import { usageFromWire } from '../../metering/usage.ts'
import { parseObject } from '../../openai/parse-json.ts'
import type { Departure } from '../journey.ts'
import { meterPassed } from '../passed/meter-passed.ts'
import { seenIn } from '../passed/passed-answer.ts'

/** The key holds the tenant; it is looked at again, because rows may come from a file. */
export function mayAnswer(
  found: RememberedAnswer,
  tenant: string,
  { maxAgeMs }: CacheDirectives,
  nowMs: number,
): boolean {
  return found.tenant === tenant && (maxAgeMs === undefined || nowMs - found.createdAt <= maxAgeMs)
}

/** What the answer would cost now. */
export function worth(
  { gateway, incoming }: Departure,
  { provider, model, tokens, usage, body }: RememberedAnswer,
): number | undefined {
  const priceProvider = gateway.registry().providers.get(provider)?.priceProvider
  const { request } = incoming
  if (request.passed !== undefined) {
    const subject = { provider, priceProvider, model, at: incoming.at }
    const seen =
      usage === undefined
        ? seenIn(request, parseObject(new TextDecoder().decode(body)))
        : { usage, outputCharacters: 0 }
    return meterPassed(gateway.pricer(), subject, request, seen, tokens.input).costNanoUsd
  }
  const terms = usageFromWire(usage)?.terms
  return gateway.pricer().price({ provider, priceProvider, model, tokens, terms, at: incoming.at })
    ?.costNanoUsd
}
