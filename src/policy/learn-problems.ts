/** What a policy says of learning that comes to nothing, or to much. */
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import type { YamlText } from './yaml-text.ts'

/** Beyond it, another answer is no exception any more. */
const MOST_QUALITY_LOSS = 0.1

export function learnProblems({ route, tiers }: PolicyFileContent, yaml: YamlText): Problem[] {
  const warning = (key: string, message: string): Problem =>
    yaml.problem(['route', key], message, { severity: 'warning', at: 'key' })
  if (route?.learn === undefined) {
    if (route?.max_quality_loss === undefined) return []
    return [
      warning('max_quality_loss', '`route.max_quality_loss` bounds what is learned: write `learn: on` too.'),
    ]
  }
  const models = Object.entries(tiers).flatMap(([name, { use }]) => (use === undefined ? [] : [name]))
  const isChoice = (names: readonly string[]): boolean =>
    names.filter((name) => models.includes(name)).length > 1
  const choices = route.rules.length === 0 ? [models] : route.rules.map(({ to }) => to)
  const problems: Problem[] = []
  if (!choices.some(isChoice)) {
    const message =
      route.rules.length === 0
        ? '`route.learn` has nothing to choose from: the policy needs two tiers with models.'
        : '`route.learn` has nothing to choose from: no rule leads `to` two tiers with models, such as `[small, large]`.'
    problems.push(warning('learn', message))
  }
  const loss = route.max_quality_loss
  if (loss !== undefined && loss > MOST_QUALITY_LOSS) {
    const share = Number((loss * 100).toPrecision(3))
    problems.push(
      warning(
        'max_quality_loss',
        `\`route.max_quality_loss\` lets ${share}% of requests be answered otherwise than the large tier would: state ${MOST_QUALITY_LOSS * 100}% at most.`,
      ),
    )
  }
  return problems
}
