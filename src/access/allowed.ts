/** Which models a key may ask for. */
import { Failure } from '../errors.ts'
import { matchesAnyGlob } from './glob.ts'
import type { Principal } from './principal.ts'

/** Where the registry found a model. */
type Found = { provider: string; model: string } | undefined

/**
 * Whether the principal may ask for a model.
 * @param asked the request's `model`
 * @param target where it leads; a glob may name the model, or `provider/model`
 */
export function isModelAllowed({ allowedModels: globs }: Principal, asked: string, target: Found): boolean {
  if (globs === undefined || matchesAnyGlob(globs, asked)) return true
  if (target === undefined) return false
  return matchesAnyGlob(globs, target.model) || matchesAnyGlob(globs, `${target.provider}/${target.model}`)
}

/**
 * As `isModelAllowed`.
 * @throws Failure `model_not_allowed`
 */
export function requireModelAllowed(principal: Principal, asked: string, target: Found): void {
  if (isModelAllowed(principal, asked, target)) return
  const limits = principal.allowedModels?.join(', ')
  throw new Failure(
    'model_not_allowed',
    `The API key ${keyName(principal)} may not use the model ${asked}: it is limited to ${limits}.`,
    { param: 'model' },
  )
}

function keyName(principal: Principal): string {
  return principal.key === undefined ? 'in use' : `"${principal.key.name}"`
}
