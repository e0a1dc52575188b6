/** Ranges of conditions in which nothing lies, so that their rules never match. */
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import { valueAt, type YamlText } from './yaml-text.ts'

/** Of each range of a condition: the distance that lies between two values, 0 where any value may be. */
const STEPS = { tokens: 1, turns: 1, difficulty: 0 } as const

export function rangeProblems({ route }: PolicyFileContent, yaml: YamlText): Problem[] {
  const base = Array.isArray(valueAt(yaml.value, ['route'])) ? ['route'] : ['route', 'rules']
  return (route?.rules ?? []).flatMap(({ when }, index) =>
    (Object.keys(STEPS) as (keyof typeof STEPS)[]).flatMap((fact) => {
      const { below, above = -STEPS[fact] } = when[fact] ?? {}
      if (below === undefined || below > above + STEPS[fact]) return []
      const bounds = when[fact]?.above === undefined ? '' : `above ${above} and `
      const message = `No \`${fact}\` is ${bounds}below ${below}: the rule never matches.`
      return [yaml.problem([...base, index, 'when', fact], message, { severity: 'warning' })]
    }),
  )
}
