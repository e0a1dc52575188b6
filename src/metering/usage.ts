/** Reads the usage block of any provider into disjoint token buckets, and what else its price depends on. */
import { isObject } from '../openai/is-object.ts'
import { count, usageOfCounts } from './counts.ts'
import { geminiCounts, geminiServiceTier, isGeminiUsage } from './gemini-counts.ts'
import { openaiCounts } from './openai-counts.ts'
import { statedNanoUsd } from './stated-cost.ts'
import { serviceTierOf, type Terms } from './terms.ts'
import { noTokens, type Usage } from './tokens.ts'
import { noUnits } from './units.ts'

type Wire = Readonly<Record<string, unknown>>

/**
 * The buckets sum to the provider's totals: cached, audio and image tokens are taken out of the prompt,
 * reasoning and audio out of the completion. Parts that exceed their whole are cut down to it.
 * @returns undefined where `wire` counts nothing.
 */
export function usageFromWire(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const counts = isGeminiUsage(wire) ? geminiCounts(wire) : openaiCounts(wire)
  const seconds = audioSeconds(wire)
  if (counts === undefined && seconds === 0) return undefined
  const usage: Usage =
    counts === undefined ? { tokens: noTokens(), source: 'reported' } : usageOfCounts(counts)
  const terms = termsOf(wire, usage.terms, seconds)
  return terms === undefined ? usage : { ...usage, terms }
}

function termsOf(wire: Wire, cached: Terms | undefined, seconds: number): Terms | undefined {
  const serviceTier = serviceTierOf(statedTier(wire))
  const webSearches = searches(wire)
  const stated = wire.cost === undefined ? undefined : statedNanoUsd(wire)
  if (serviceTier === undefined && webSearches === 0 && seconds === 0 && stated === undefined) return cached
  return {
    ...cached,
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(webSearches === 0 ? {} : { webSearches }),
    ...(stated === undefined ? {} : { statedNanoUsd: stated }),
    ...(seconds === 0 ? {} : { units: { ...noUnits(), audio_seconds: seconds } }),
  }
}

function statedTier(wire: Wire): unknown {
  // Anthropic's fast mode costs a multiple, whatever the tier.
  if (wire.speed === 'fast') return 'fast'
  return wire.service_tier ?? geminiServiceTier(wire)
}

function searches(wire: Wire): number {
  const tools = wire.server_tool_use
  if (isObject(tools)) return count(tools.web_search_requests) ?? 0
  return count(wire.num_search_queries) ?? 0 // Perplexity
}

/** Seconds may be a fraction. */
function audioSeconds(wire: Wire): number {
  const seconds = wire.type === 'duration' ? wire.seconds : wire.prompt_audio_seconds // Mistral
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 1e9) : 0
}
