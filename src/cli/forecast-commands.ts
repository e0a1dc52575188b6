/** The commands that look ahead by what the ledger recorded: `replay` and `advise`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type AdviseOptions, adviseCommand, monthsOf } from '../commands/advise.ts'
import { progressLine } from '../commands/progress-line.ts'
import { replayCommand } from '../commands/replay.ts'
import { routeAdvice } from '../commands/route-advice.ts'
import { parseInstant, parseUntil } from '../commands/since.ts'
import { Failure } from '../errors.ts'
import { withReader, withTraffic } from '../platform/node/command-stores.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { evidenceIn } from '../platform/node/installation-state.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { soundPolicies } from './asked-sources.ts'
import { commandCatalog } from './command-catalog.ts'
import { output, run, withPolicies } from './command-line.ts'

type AdviseFlags = ConfigFlags & AdviseOptions
type ReplayFlags = ConfigFlags & { since: string; until?: string; workflow?: string; json?: boolean }

export function addForecastCommands(program: Command): void {
  withPolicies(
    program
      .command('replay')
      .description('decide recorded requests again by other policies, and forecast what that costs'),
  )
    .option('--since <when>', 'a duration ago or a date', '7d')
    .option('--until <when>', 'a duration ago or a date; default: now')
    .option('--workflow <name>', 'its requests alone')
    .option('--json', 'print JSON')
    .action((flags: ReplayFlags) => run(() => replayHere(flags)))
  withPolicies(
    program
      .command('advise')
      .description('edits of policies that the ledger speaks for, as diffs, with what they would save'),
  )
    .option('--since <when>', 'a duration ago or a date', '7d')
    .option('--diff', 'print nothing but the diffs of what is advised, for `patch`')
    .option('--json', 'print JSON')
    .action((flags: AdviseFlags) => run(() => adviseHere(flags)))
}

async function replayHere(flags: ReplayFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const policies = await soundPolicies(config, flags.policies !== undefined)
  const now = Date.now()
  const [since, until] = [parseInstant('--since', flags.since, now), parseUntil(flags.until, now)]
  for (const parsed of [since, until]) {
    if (parsed.kind === 'problem') throw new Failure('invalid_request', parsed.message)
  }
  if (since.kind === 'problem' || until.kind === 'problem') return 1
  const period = { since: since.value, until: until.value }
  const { registry, pricer } = await commandCatalog(config, process.env)
  const line = progressLine('Replaying', process.stderr)
  return withTraffic(join(config.data, 'ledger.db'), period, (traffic) =>
    replayCommand(
      flags,
      { policies, place: config.policies, ...period, traffic, registry, pricer, progress: line.progress },
      output,
    ).finally(line.end),
  )
}

async function adviseHere(flags: AdviseFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const isNamed = flags.policies !== undefined
  const policies = await soundPolicies(config, isNamed)
  const files = isNamed || existsSync(config.policies) ? await readPolicyPaths([config.policies]) : []
  const { registry, pricer } = await commandCatalog(config, process.env)
  const { progress, end } = progressLine('Replaying', process.stderr)
  return withReader(config.data, (reader) =>
    adviseCommand(
      flags,
      {
        reader,
        policies,
        files,
        evidence: evidenceIn(config.data),
        now: Date.now(),
        withLearned: async (use) => {
          const { readLearnStore } = await import('../platform/node/open-learning.ts')
          return readLearnStore(config.data, use)
        },
        routeAdvice: (period) =>
          withTraffic(join(config.data, 'ledger.db'), period, (traffic) =>
            routeAdvice({
              ...{ files, digestOf: sha256, months: monthsOf(period) },
              ...{ traffic, registry, pricer, progress },
            }),
          ).finally(end),
      },
      output,
    ),
  )
}
