/** The commands that read the ledger: `report` and `requests`. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { remoteReader } from '../commands/remote-reader.ts'
import { type ReportOptions, reportCommand } from '../commands/report.ts'
import { type RequestsOptions, requestsCommand } from '../commands/requests.ts'
import type { LedgerReader, Report } from '../metering/reports.ts'
import { withReader } from '../platform/node/command-stores.ts'
import { watchReader } from '../platform/node/reader-gone.ts'
import { dataFolder, output, type Place, run, withPlace, withUrl } from './command-line.ts'

export function addLedgerCommands(program: Command): void {
  withUrl(
    withPlace(program.command('report').description('sum tokens and cost by workflow, step, model, day …')),
  )
    .option('--since <when>', '24h, 7d or a date', '24h')
    .option('--until <when>', 'a duration ago or a date; default: now')
    .option('--tz <zone>', 'time zone in which days are cut', 'UTC')
    .option('--by <dimensions>', 'separated by commas; default: workflow,step')
    .option('--prefix', 'what providers’ prefix caches spared, what was missed, and where prompts differ')
    .option('--json', 'print JSON')
    .option('--csv', 'print CSV')
    .action((flags: Place & ReportOptions) =>
      run(() =>
        withLedger(flags, (reader) => {
          const isTerminal = process.stdout.isTTY === true
          const learned = flags.url === undefined ? () => learnedHere(dataFolder(flags)) : undefined
          return reportCommand(flags, { reader, learned, now: Date.now(), isTerminal }, output)
        }),
      ),
    )
  withUrl(
    withPlace(program.command('requests [id]').description('list the latest requests, or show one whole')),
  )
    .option('--since <when>', 'a duration ago or a date')
    .option('--limit <number>', 'how many', '20')
    .option('--follow', 'go on as requests end')
    .option('--json', 'print JSON')
    .action((id: string | undefined, flags: Place & RequestsOptions) =>
      run(() => withLedger(flags, (reader) => requestsHere(id, flags, reader))),
    )
}

function withLedger(flags: Place, use: (reader: LedgerReader) => Promise<number>): Promise<number> {
  if (flags.url !== undefined) return use(remoteReader(flags.url, process.env.TRIMTAB_ADMIN_KEY))
  return withReader(dataFolder(flags), use)
}

async function learnedHere(folder: string): Promise<Report['learning']> {
  const [{ readLearnStore }, { learnedFigures }] = await Promise.all([
    import('../platform/node/open-learning.ts'),
    import('../storage/learned-figures.ts'),
  ])
  return readLearnStore(folder, learnedFigures)
}

function requestsHere(id: string | undefined, flags: RequestsOptions, reader: LedgerReader): Promise<number> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.stdout.once('error', () => stop.abort())
  const unwatch = flags.follow === true ? watchReader(() => stop.abort()) : () => {}
  const waitFor = (milliseconds: number): Promise<void> =>
    pause(milliseconds, undefined, { signal: stop.signal }).catch(() => {})
  const parts = { reader, now: Date.now, pause: waitFor, signal: stop.signal }
  return requestsCommand(id, flags, parts, output).finally(unwatch)
}
