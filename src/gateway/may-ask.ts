/** Whether a caller may ask for what it names, and has what asking it takes. */
import { requireModelAllowed } from '../access/allowed.ts'
import { Failure } from '../errors.ts'
import { sendsCallersKey } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import type { Incoming } from './journey.ts'
import type { Target } from './outbound.ts'

/**
 * A key that is limited to models may ask for those alone, by whatever name: a workflow's name, or `auto`, too.
 * Which models a workflow then asks is its policy's decision.
 * @throws Failure `model_not_allowed`
 */
export function requireAsked(
  { request, principal }: Pick<Incoming, 'request' | 'principal'>,
  registry: Registry,
): void {
  if (principal.allowedModels === undefined || request.model === undefined) return
  requireModelAllowed(principal, request.model, foundAs(registry.lookup(request.model)))
}

/** As keys' globs name it. */
export function foundAs(
  found: ReturnType<Registry['lookup']>,
): { provider: string; model: string } | undefined {
  return found && { provider: found.provider.name, model: found.model }
}

/** A provider that is sent the caller's own key cannot be asked without one. */
export function requireCallersKey(
  { principal }: Pick<Incoming, 'principal'>,
  first: Target | undefined,
): void {
  if (first === undefined || !sendsCallersKey(first.provider) || principal.credential) return
  const { name, keyVariable } = first.provider
  const where = keyVariable === undefined ? 'in trimtab.yaml' : `by setting ${keyVariable} where trimtab runs`
  throw new Failure(
    'missing_api_key',
    `Provider ${name} has no key: send one as the Authorization header, or give trimtab one ${where}.`,
  )
}
