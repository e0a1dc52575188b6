/** Starts trimtab inside the test's own process: the same program on real sockets and a real ledger, in a tenth of the time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Running } from '../../src/commands/serve.ts'
import { parseConfig } from '../../src/config.ts'
import type { Observer } from '../../src/gateway/observer.ts'
import { startServer } from '../../src/node.ts'

export interface Inside {
  /** `http://127.0.0.1:PORT`. */
  origin: string
  folder: string
  /** Path of `ledger.db`. */
  ledgerFile: string
  configFile: string
  dataFolder: string
  /** What an operator was told. */
  warnings: string[]
  reconfigure: Running['reconfigure']
  /** Removes the folder unless told to keep it; no grace by default. */
  stop(options?: { graceMs?: number; keep?: boolean }): Promise<void>
}

/** `config` is the text of `trimtab.yaml`; `policies` maps file names to texts; `folder` is one that an earlier stop kept. */
export async function startInside(options: {
  folder?: string
  config: string
  policies?: Readonly<Record<string, string>>
  environment?: NodeJS.ProcessEnv
  observers?: readonly Observer[]
}): Promise<Inside> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'trimtab-inside-'))
  const dataFolder = join(folder, 'data')
  const configFile = join(folder, 'trimtab.yaml')
  mkdirSync(join(folder, 'policies'), { recursive: true })
  writeFileSync(configFile, options.config)
  for (const [name, text] of Object.entries(options.policies ?? {})) {
    writeFileSync(join(folder, 'policies', name), text)
  }
  const parsed = parseConfig({
    file: { path: configFile, text: options.config },
    environment: {},
    flags: { port: '0' },
  })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const warnings: string[] = []
  const running = await startServer({
    config: parsed.config,
    warnings: parsed.warnings,
    sandboxOnly: false,
    info: () => {},
    warn: (message) => void warnings.push(message),
    printed: () => {},
    reloaded: ({ problems }) => {
      for (const { severity, message } of problems) if (severity === 'error') throw new Error(message)
    },
    failed: (error) => void warnings.push(String(error)),
    observers: options.observers ?? [],
    environment: options.environment ?? {},
  })
  return {
    origin: `http://127.0.0.1:${running.port}`,
    folder,
    ledgerFile: join(dataFolder, 'ledger.db'),
    configFile,
    dataFolder,
    warnings,
    reconfigure: running.reconfigure,
    async stop({ graceMs = 0, keep = false } = {}) {
      await running.close(graceMs)
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
  }
}
