/** The commands that start a server: `serve` and `demo`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { demo } from '../commands/demo.ts'
import { serveCommand } from '../commands/serve.ts'
import type { LedgerReader } from '../metering/reports.ts'
import { startServer } from '../node.ts'
import { type ConfigFlags, configOfFlags, followConfig, readConfig } from '../platform/node/config-files.ts'
import { plainLog } from '../platform/node/log.ts'
import { openLedgerReader } from '../platform/node/node-ledger.ts'
import { watchNpx } from '../platform/node/npx-gone.ts'
import { openLog } from '../platform/node/open-log.ts'
import { output, run, withPolicies } from './command-line.ts'

export function addServeCommands(program: Command): void {
  withPolicies(
    program.command('serve', { isDefault: true }).description('start the proxy (the default command)'),
  )
    .option('--host <host>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one')
    .option('--sandbox', 'simulate every answer')
    .action((flags: ConfigFlags & { sandbox?: boolean }) =>
      run(() => serveHere(flags, flags.sandbox === true)),
    )
  program
    .command('demo')
    .description('run the main job once on simulated answers, and print its report')
    .action(() => run(runDemo))
}

function serveHere(flags: ConfigFlags, sandbox: boolean): Promise<number> {
  const { env } = process
  return serveCommand(
    { sandbox },
    {
      readConfig: () => readConfig(flags, env),
      followConfig: (changed) => followConfig(flags, env, changed),
      start: (options) => startServer({ ...options, environment: env }),
      openLog: (settings) => openLog(settings, process.stderr),
      untilStopped: () =>
        new Promise((resolve) => {
          process.once('SIGTERM', () => resolve())
          process.once('SIGINT', () => resolve())
          watchNpx(env, () => resolve())
        }),
    },
    output,
  )
}

async function runDemo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-demo-'))
  // Whatever the working folder configures, the demo is the same.
  const config = configOfFlags({ data: folder, policies: join(folder, 'policies'), port: '0' })
  const quiet = { ...plainLog('info', output.error), reloaded: () => {}, warnings: [], observers: [] }
  const running = await startServer({ config, environment: {}, sandboxOnly: true, ...quiet })
  const stop = async (): Promise<LedgerReader> => {
    await running.close(0)
    return openLedgerReader(join(folder, 'ledger.db')).reader
  }
  try {
    return await demo({ baseUrl: `http://127.0.0.1:${running.port}/v1`, stop, now: Date.now }, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
