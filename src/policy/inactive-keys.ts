/** Keys that a policy file holds, that the schema reads, and that nothing acts on in this version. */
import type { Problem } from './problem.ts'
import { type Path, pathLabel, type YamlText } from './yaml-text.ts'

export interface InactiveKey {
  /** Keys joined by dots; `*` is any name or place in a list. */
  path: string
  /** Values that ask for nothing, and so are not worth a word. */
  unless?: readonly unknown[]
  /** The values that do nothing yet; what is neither is for the schema to refuse. Default: any. */
  only?: readonly unknown[]
  /** What follows from it, as half a sentence. */
  effect?: string
  /** Default: `warning`. */
  severity?: Problem['severity']
}

/** One problem for each inactive key that the file states. */
export function inactiveKeys(yaml: YamlText, keys: readonly InactiveKey[]): Problem[] {
  const problems: Problem[] = []
  for (const key of keys) {
    const quiet = new Set((key.unless ?? []).map((value) => JSON.stringify(value)))
    const loud = key.only && new Set(key.only.map((value) => JSON.stringify(value)))
    for (const { path, value } of matches(yaml.value, key.path.split('.'), [])) {
      if (quiet.has(JSON.stringify(value)) || loud?.has(JSON.stringify(value)) === false) continue
      const effect = key.effect === undefined ? '' : `: ${key.effect}`
      const message = `\`${pathLabel(path)}\` does nothing yet in this version${effect}.`
      problems.push(yaml.problem(path, message, { severity: key.severity ?? 'warning', at: 'key' }))
    }
  }
  return problems
}

function* matches(
  value: unknown,
  steps: readonly string[],
  path: Path,
): Generator<{ path: Path; value: unknown }> {
  const [step, ...rest] = steps
  if (step === undefined) {
    yield { path, value }
  } else if (Array.isArray(value)) {
    if (step === '*')
      for (const [index, item] of value.entries()) yield* matches(item, rest, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (step === '*' || step === key) yield* matches(item, rest, [...path, key])
  }
}
