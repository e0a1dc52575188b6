/** The commands that look ahead by what the ledger recorded: `replay` and `advise`. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { adviseCommand } from '../commands/advise.ts'
import { progressLine } from '../commands/progress-line.ts'
import { replayCommand } from '../commands/replay.ts'
import { parseInstant, parseUntil } from '../commands/since.ts'
import { Failure } from '../errors.ts'
import { commandCatalog } from '../node.ts'
import { withReader, withTraffic } from '../platform/node/command-stores.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { evidenceIn } from '../platform/node/installation-state.ts'
import { soundPolicies } from './asked-sources.ts'
import { output, run, withPolicies } from './command-line.ts'

type AdviseFlags = ConfigFlags & { since?: string; json?: boolean }
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
    program.command('advise').description('which shadows have earned to act, and what that would save'),
  )
    .option('--since <when>', 'a duration ago or a date', '7d')
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
      {
        out: output.out,
        error: output.error,
      },
    ).finally(line.end),
  )
}

async function adviseHere(flags: AdviseFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const policies = await soundPolicies(config, flags.policies !== undefined)
  return withReader(config.data, (reader) =>
    adviseCommand(flags, { reader, policies, evidence: evidenceIn(config.data), now: Date.now() }, output),
  )
}
