/** An escalation that leads nowhere: there is no next tier to ask. */
import type { Problem } from './problem.ts'
import type { PolicyFileContent } from './schema.ts'
import type { YamlText } from './yaml-text.ts'

export function escalationProblems({ escalate, tiers, route }: PolicyFileContent, yaml: YamlText): Problem[] {
  if (escalate === undefined) return []
  const names = Object.keys(tiers).filter((name) => tiers[name]?.use !== undefined)
  const rules = route?.rules ?? []
  const leads =
    rules.length === 0 ? [names] : rules.map(({ to }) => to.filter((tier) => names.includes(tier)))
  if (leads.some((to) => to.length > 1)) return []
  const message = '`escalate` does nothing here: no rule leads to a second tier of models.'
  return [yaml.problem(['escalate'], message, { severity: 'warning', at: 'key' })]
}
