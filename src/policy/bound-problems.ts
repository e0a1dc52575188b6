/** Bounds that a policy may state, and that say nothing of what its callers would see. */
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import type { YamlText } from './yaml-text.ts'

/** Of all requests; beyond it, wrong answers are no exception any more. */
const MOST_WRONG_RATE = 0.05

export function boundProblems({ cache: { semantic } }: PolicyFileContent, yaml: YamlText): Problem[] {
  if (semantic?.mode !== 'on' || semantic.max_wrong_rate <= MOST_WRONG_RATE) return []
  const share = Number((semantic.max_wrong_rate * 100).toPrecision(3))
  const message = `\`cache.semantic.max_wrong_rate\` lets ${share}% of requests be answered wrongly: state ${MOST_WRONG_RATE * 100}% at most, or write \`mode: shadow\` to see first how often it would be wrong.`
  return [yaml.problem(['cache', 'semantic', 'max_wrong_rate'], message, { severity: 'warning' })]
}
