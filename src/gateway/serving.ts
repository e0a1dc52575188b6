/** Which of the planned targets can serve the caller's endpoint: in its own words, or in others. */
import { type Conversion, convert } from '../conversion/conversion.ts'
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

/**
 * `at` is when the request came, in Unix milliseconds.
 * @throws Failure `invalid_request` where no target can serve the request: nothing was sent then
 */
export function servingTargets(request: ModelRequest, tierTargets: Plan['tierTargets'], at: number): Serving {
  const targets: Target[] = []
  const reasons: string[] = []
  let refusal: Failure | undefined
  for (const { tier, targets: planned } of tierTargets) {
    for (const { provider, model } of planned) {
      const conversion = conversionFor(request, provider, model, at)
      if (!(conversion instanceof Failure)) targets.push({ provider, model, tier, conversion })
      else {
        refusal ??= conversion
        reasons.push(`${provider.name}/${model} is left out: ${conversion.message}`)
      }
    }
  }
  if (targets.length === 0 && refusal !== undefined) throw refusal
  return { targets, reasons }
}

/** Undefined where none is needed. */
function conversionFor(
  request: ModelRequest,
  provider: Provider,
  model: string,
  at: number,
): Conversion | undefined | Failure {
  if (provider.endpoints.has(request.endpoint)) return undefined
  try {
    return (
      convert(
        request,
        {
          endpoints: provider.endpoints,
          chatBoundMember: provider.chatBoundMember,
          isStrict: provider.isStrict,
          model,
        },
        at,
      ) ?? notServed(request, provider)
    )
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

function notServed({ endpoint }: ModelRequest, { name }: Provider): Failure {
  const message = `Provider ${name} does not serve /v1/${endpoint}, and nothing that it serves can stand for it.`
  return new Failure('invalid_request', message)
}
