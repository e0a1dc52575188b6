/** What an answer of a target to a recorded request would be: its tokens and their price, told from what was answered then. */

import type { Pricer } from '../metering/price.ts'
import type { RecordedRequest } from '../metering/recorded-request.ts'
import { noTokens, type Tokens } from '../metering/tokens.ts'
import { kindOf, type Measured } from './measured.ts'
import type { AgainTarget } from './redecide.ts'
import type { Stage } from './stages.ts'
import { outputOf, uncachedTokensOf } from './token-sums.ts'

export interface ForecastAnswer {
  /** Undefined where no price is known. */
  costNanoUsd: number | undefined
  /** Of it, what its length decides, and how well that is known. */
  length: { nanoUsd: number; error: number; from: 'alike' | 'all' | 'none'; pair: string }
}

export interface AnswerParts {
  measured: Measured
  pricer: Pricer
}

/**
 * @param answered the stage that answered the request, where one did: its answer's length, times what the target writes for one
 * token of the other's on requests alike
 */
export function forecastAnswer(
  request: RecordedRequest,
  target: AgainTarget,
  answered: Stage | undefined,
  maxTokens: number | undefined,
  { measured, pricer }: AnswerParts,
): ForecastAnswer {
  const ratio = answered && measured.outputTokens.ratio(answered.target, target.name)
  const tokens = inputTokens(request, target, answered, measured)
  const mean = answered === undefined ? measured.outputTokens.mean(target.name, kindOf(request)) : undefined
  const written = answered === undefined ? (mean ?? 0) : outputOf(answered.last) * (ratio?.ratio ?? 1)
  const output = Math.round(maxTokens === undefined ? written : Math.min(written, maxTokens))
  const unwritten = priceOf(request, target, tokens, pricer)
  tokens.reasoning = Math.round(output * measured.shares(target.name).reasoning)
  tokens.output = output - tokens.reasoning
  const costNanoUsd = priceOf(request, target, tokens, pricer)
  return {
    costNanoUsd,
    length: {
      nanoUsd: costNanoUsd === undefined || unwritten === undefined ? 0 : costNanoUsd - unwritten,
      error: ratio?.error ?? 0,
      from: ratio?.from ?? (mean === undefined ? 'none' : 'all'),
      pair: `${answered?.target ?? ''}\n${target.name}`,
    },
  }
}

function inputTokens(
  { attempts, decision }: RecordedRequest,
  target: AgainTarget,
  answered: Stage | undefined,
  measured: Measured,
): Tokens {
  const tokens = answered === undefined ? noTokens() : uncachedTokensOf(answered.last)
  if (answered === undefined) {
    const estimated = decision?.facts.tokens
    tokens.input = attempts[0]?.estimatedInputTokens ?? (typeof estimated === 'number' ? estimated : 0)
  } else {
    const { ratio, from } = measured.inputPerByte.ratio(answered.target, target.name)
    if (from !== 'none') tokens.input = Math.round(tokens.input * ratio)
  }
  const cached = Math.round(tokens.input * measured.shares(target.name).cacheRead)
  tokens.input -= cached
  tokens.cache_read = cached
  for (const bucket of ['output', 'reasoning', 'audio_out', 'image_out'] as const) tokens[bucket] = 0
  return tokens
}

function priceOf(
  { at }: RecordedRequest,
  { provider, model }: AgainTarget,
  tokens: Tokens,
  pricer: Pricer,
): number | undefined {
  const { name, priceProvider } = provider
  return pricer.price({ provider: name, priceProvider, model, at, tokens })?.costNanoUsd
}
