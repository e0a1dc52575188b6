/** What `/readyz` says: whether requests are answered, and everything that the operator should know. */
import type { Budgets } from '../gateway/limits/budgets.ts'
import type { Ledger } from '../metering/ledger.ts'
import type { Problem } from '../policy/problem.ts'
import type { CommandStanding, Notice, Readiness } from './health.ts'

/** What the operator should know of the configuration as it is now. */
export type Notices = Pick<Readiness, 'problems' | 'warnings'>

interface Standing {
  ledger: Pick<Ledger, 'healthy' | 'fault'>
  policies: { problems(): readonly Problem[] }
  /** The model servers that are started; undefined where the runtime starts none. */
  commands?: (() => readonly CommandStanding[]) | undefined
}

export function withBudgets({ problems, warnings }: Notices, budgets: Budgets): Notices {
  return { problems, warnings: [...warnings, ...budgets.notices()] }
}

/** @param ready whether requests are answered */
export function readinessOf(ready: boolean, platform: Standing, notices: Notices): Readiness {
  const { ledger, policies } = platform
  const commands = platform.commands?.() ?? []
  const of = (severity: Problem['severity']): readonly Problem[] =>
    policies.problems().filter((problem) => problem.severity === severity)
  return {
    ready,
    ledger: { healthy: ledger.healthy },
    problems: [
      ...(ledger.fault === undefined ? [] : [{ message: ledger.fault }]),
      ...notices.problems,
      ...of('error'),
    ],
    warnings: [...notices.warnings, ...of('warning'), ...failing(commands)],
    commands,
  }
}

function failing(commands: readonly CommandStanding[]): Notice[] {
  return commands.flatMap(({ provider, reason }) =>
    reason === undefined
      ? []
      : [{ message: `Provider ${provider}: ${reason}; it is started again and again.` }],
  )
}
