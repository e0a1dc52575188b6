/** Weights of models that nobody reads. */
import { isObject } from '../openai/is-object.ts'
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import { type Path, valueAt, type YamlText } from './yaml-text.ts'

/** One of each tier is told: the first. */
export function weightProblems({ tiers }: PolicyFileContent, yaml: YamlText): Problem[] {
  return Object.entries(tiers).flatMap(([name, { strategy }]) => {
    if (strategy === 'weighted') return []
    const path = statedWeight(['tiers', name, 'use'], yaml)
    if (path === undefined) return []
    const isStated = valueAt(yaml.value, ['tiers', name, 'strategy']) !== undefined
    const chooser = isStated ? `strategy \`${strategy}\`` : `strategy \`${strategy}\`, the default,`
    const message = `\`weight\` does nothing here: the ${chooser} does not read it; write \`strategy: weighted\`, or leave it out.`
    return [yaml.problem(path, message, { severity: 'warning', at: 'key' })]
  })
}

function statedWeight(use: Path, yaml: YamlText): Path | undefined {
  const stated = valueAt(yaml.value, use)
  const hasWeight = (entry: unknown): boolean => isObject(entry) && entry.weight !== undefined
  if (!Array.isArray(stated)) return hasWeight(stated) ? [...use, 'weight'] : undefined
  const index = stated.findIndex(hasWeight)
  return index < 0 ? undefined : [...use, index, 'weight']
}
