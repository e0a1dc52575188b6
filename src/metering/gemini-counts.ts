/** Reads Gemini's own `usageMetadata`, as its native endpoints and proxies of them send it. */
import { isObject } from '../openai/is-object.ts'
import { type Counts, count } from './counts.ts'

type Wire = Readonly<Record<string, unknown>>

export function isGeminiUsage(wire: Wire): boolean {
  return wire.promptTokenCount !== undefined || wire.totalTokenCount !== undefined
}

/** Undefined where nothing is counted. */
export function geminiCounts(wire: Wire): Counts | undefined {
  const prompt = count(wire.promptTokenCount)
  const total = count(wire.totalTokenCount)
  if (prompt === undefined && total === undefined) return undefined
  // Neither holds the other: a tool's results are prompt that came after the prompt, thoughts are no candidates.
  const input = (prompt ?? 0) + (count(wire.toolUsePromptTokenCount) ?? 0)
  const candidates = count(wire.candidatesTokenCount) ?? count(wire.responseTokenCount) ?? 0
  const thoughts = count(wire.thoughtsTokenCount) ?? 0
  const besides = Math.max(0, (total ?? 0) - input - candidates - thoughts)
  return {
    input,
    cached: count(wire.cachedContentTokenCount) ?? 0,
    cachedAudio: ofModality(wire.cacheTokensDetails, 'AUDIO'),
    cachedImage: ofModality(wire.cacheTokensDetails, 'IMAGE'),
    // What an explicit cache is made of is billed by the call that makes it.
    written5m: 0,
    written30m: 0,
    written1h: 0,
    audioIn: bothModalities(wire, 'AUDIO'),
    imageIn: bothModalities(wire, 'IMAGE'),
    output: candidates + thoughts + besides,
    reasoning: thoughts + besides,
    audioOut: ofModality(wire.candidatesTokensDetails ?? wire.responseTokensDetails, 'AUDIO'),
    imageOut: ofModality(wire.candidatesTokensDetails ?? wire.responseTokensDetails, 'IMAGE'),
  }
}

/** `ON_DEMAND_FLEX` and the like on Vertex, `serviceTier` elsewhere. */
export function geminiServiceTier(wire: Wire): unknown {
  if (typeof wire.serviceTier === 'string') return wire.serviceTier
  return typeof wire.trafficType === 'string' ? wire.trafficType.replace(/^ON_DEMAND_/, '') : undefined
}

function bothModalities(wire: Wire, modality: string): number {
  return (
    ofModality(wire.promptTokensDetails, modality) + ofModality(wire.toolUsePromptTokensDetails, modality)
  )
}

function ofModality(details: unknown, modality: string): number {
  if (!Array.isArray(details)) return 0
  let tokens = 0
  for (const entry of details) {
    if (isObject(entry) && entry.modality === modality) tokens += count(entry.tokenCount) ?? 0
  }
  return tokens
}
