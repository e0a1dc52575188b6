/** Which models a key may ask for. */
import { Failure } from '../errors.ts'
import { matchesAnyGlob } from './glob.ts'
import type { Principal } from './principal.ts'

/**
 * Lets a model pass that the principal may ask for.
 * @param asked the request's `model`
 * @param target where the registry found it; a glob may name the model, or `provider/model`
 * @throws Failure `model_not_allowed`
 */
export function requireModelAllowed(
  principal: Principal,
  asked: string,
  target: { provider: string; model: string } | undefined,
): void {
  const globs = principal.allowedModels
  if (globs === undefined || matchesAnyGlob(globs, asked)) return
  if (target !== undefined) {
    if (matchesAnyGlob(globs, target.model)) return
    if (matchesAnyGlob(globs, `${target.provider}/${target.model}`)) return
  }
  throw new Failure(
    'model_not_allowed',
    `The API key ${keyName(principal)} may not use the model ${asked}: it is limited to ${globs.join(', ')}.`,
    { param: 'model' },
  )
}

function keyName(principal: Principal): string {
  return principal.key === undefined ? 'in use' : `"${principal.key.name}"`
}
