/** Rules that name documents behind a model. */
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import type { Path, YamlText } from './yaml-text.ts'

/** Documents are asked before any model, so that an order which says otherwise is a surprise. */
export function lateDocuments(
  to: readonly string[],
  { tiers }: PolicyFileContent,
  path: Path,
  yaml: YamlText,
): Problem[] {
  const firstModel = to.find((name) => tiers[name] !== undefined && tiers[name].collection === undefined)
  if (firstModel === undefined) return []
  return to.slice(to.indexOf(firstModel)).flatMap((name) => {
    if (tiers[name]?.collection === undefined) return []
    const message = `The documents of \`${name}\` are asked before \`${firstModel}\` all the same: put \`${name}\` first.`
    return [yaml.problem(path, message, { severity: 'warning' })]
  })
}
