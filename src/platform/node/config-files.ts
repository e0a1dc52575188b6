/** Finds and reads `trimtab.yaml`, and tells when it was saved again. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { configProblemLine } from '../../config/config-problems.ts'
import type { Flags } from '../../config/layers.ts'
import { type Config, type ParsedConfig, parseConfig } from '../../config.ts'
import type { Problem } from '../../policy/problem.ts'

const USUAL_PATH = 'trimtab.yaml'
/** A change is told when two looks in a row agree, as of policies: a file that an editor has just emptied is valid, too. */
const POLL_MS = 250

export interface ConfigFlags extends Flags {
  /** Path of the file; must exist where it is given. */
  config?: string | undefined
}

/** Everything that is wrong with a configuration, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

/** @throws ConfigError */
export function readConfig(
  flags: ConfigFlags,
  environment: NodeJS.ProcessEnv,
): { config: Config; warnings: readonly Problem[] } {
  return accepted(parse(flags, environment))
}

/**
 * Flags over defaults, whatever files and variables are around.
 * @throws ConfigError
 */
export function configOfFlags(flags: Flags): Config {
  return accepted(parseConfig({ file: undefined, environment: {}, flags })).config
}

/** Calls back with each new state of the file until the returned function is called. */
export function followConfig(
  flags: ConfigFlags,
  environment: NodeJS.ProcessEnv,
  changed: (parsed: ParsedConfig) => void,
): () => void {
  const path = configPath(flags, environment)
  let told = stamp(path)
  let last = told
  const timer = setInterval(() => {
    const seen = stamp(path)
    const isAtRest = seen === last
    last = seen
    // Gone for a moment, as editors do it: the old one stays in force.
    if (!isAtRest || seen === undefined || seen === told) return
    try {
      const parsed = parse(flags, environment)
      // Saved again while it was read: the next look sees it.
      if (stamp(path) !== seen) return
      told = seen
      changed(parsed)
    } catch {
      // removed between the two looks: the next look sees it
    }
  }, POLL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function accepted(parsed: ParsedConfig): { config: Config; warnings: readonly Problem[] } {
  if (parsed.kind === 'refused') throw new ConfigError(parsed.problems.map(configProblemLine))
  return parsed
}

function parse(flags: ConfigFlags, environment: NodeJS.ProcessEnv): ParsedConfig {
  const path = configPath(flags, environment)
  const { config: _, ...rest } = flags
  return parseConfig({
    file: readFile(path, flags, environment),
    environment,
    flags: rest,
    // Windows has no process groups, without which a server's children would be left behind.
    startsProcesses: process.platform !== 'win32',
  })
}

function readFile(
  path: string,
  flags: ConfigFlags,
  environment: NodeJS.ProcessEnv,
): { path: string; text: string } | undefined {
  const named = flags.config ?? environment.TRIMTAB_CONFIG
  if (named === undefined && !existsSync(path)) return undefined
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`The configuration ${path} cannot be read: ${reason}`])
  }
}

function configPath(flags: ConfigFlags, environment: NodeJS.ProcessEnv): string {
  return flags.config ?? environment.TRIMTAB_CONFIG ?? USUAL_PATH
}

function stamp(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${stats.mtimeMs} ${stats.size} ${stats.ino}`
}
