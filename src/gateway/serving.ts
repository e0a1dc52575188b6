/** Which of the planned targets can serve the caller's endpoint: in its own words, or in others. */
import { type Conversion, type ConversionMoment, convert } from '../conversion/conversion.ts'
import { parameterRules } from '../conversion/model-parameters.ts'
import { drop, type ParameterRule } from '../conversion/parameter-rule.ts'
import { tellingCallersPath } from '../conversion/told-by-callers-path.ts'
import { type Translation, translateParameters } from '../conversion/translate-parameters.ts'
import { Failure } from '../errors.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import type { Provider } from '../providers/provider.ts'
import type { Plan } from '../routing/plan.ts'
import type { Target } from './outbound.ts'

export interface Serving {
  /** At least one. */
  targets: readonly Target[]
  /** Why others were left out, for the decision record. */
  reasons: readonly string[]
}

/** What tells whether a target is the one that the caller asked for. */
export type IsNamed = (provider: Provider, model: string) => boolean

/** @throws Failure `invalid_request` where no target can serve the request: nothing was sent then */
export function servingTargets(
  request: ModelRequest,
  tierTargets: Plan['tierTargets'],
  moment: ConversionMoment,
  isNamed: IsNamed,
): Serving {
  const targets: Target[] = []
  const reasons: string[] = []
  let refusal: Failure | undefined
  for (const { tier, targets: planned } of tierTargets) {
    for (const { provider, model } of planned) {
      const named = isNamed(provider, model)
      try {
        const conversion = conversionFor(request, provider, model, moment)
        const translation = translationFor(request, { provider, model, named, conversion })
        targets.push({ provider, model, tier, named, conversion, translation })
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        refusal ??= error
        reasons.push(`${provider.name}/${model} is left out: ${error.message}`)
      }
    }
  }
  if (targets.length === 0 && refusal !== undefined) throw refusal
  return { targets, reasons }
}

/**
 * Undefined where none is needed.
 * @throws Failure `invalid_request`
 */
function conversionFor(
  request: ModelRequest,
  provider: Provider,
  model: string,
  moment: ConversionMoment,
): Conversion | undefined {
  const { endpoints, chatBoundMember, isStrict } = provider
  if (endpoints.has(request.endpoint)) return undefined
  const conversion = convert(request, { endpoints, chatBoundMember, isStrict, model }, moment)
  if (conversion === undefined) throw notServed(request, provider)
  return conversion
}

const STREAM_OPTIONS: ParameterRule = drop('stream_options')

/**
 * What the caller wrote for a target is the caller's to answer for, and goes untouched. What a conversion writes is not.
 * @throws Failure `invalid_request` for what the target cannot be asked
 */
function translationFor(
  { endpoint, body }: ModelRequest,
  { provider, model, named, conversion }: Omit<Target, 'tier' | 'translation'>,
): Translation | undefined {
  if (named && conversion === undefined) return undefined
  const rules = parameterRules(provider.vendor, conversion?.endpoint ?? endpoint, model)
  const all = provider.supportsStreamOptions ? rules : [...rules, STREAM_OPTIONS]
  if (conversion === undefined) return translateParameters(body, all)
  return tellingCallersPath(() => translateParameters(conversion.body, all), conversion.pathOf)
}

function notServed({ endpoint }: ModelRequest, { name }: Provider): Failure {
  const message = `Provider ${name} does not serve /v1/${endpoint}, and nothing that it serves can stand for it.`
  return new Failure('invalid_request', message)
}
