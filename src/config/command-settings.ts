/** The keys of a provider whose server trimtab starts, checked for sense. */
import type { BaseUrl } from '../providers/base-url.ts'
import type { CommandSettings } from '../providers/settings.ts'
import type { ProviderContent } from './schema.ts'

/**
 * Stand for the servers' addresses, which are others with each port: the transport knows those in force. The first has
 * the same name however many there are, so that its figures stay with it.
 */
export function startedHere(replicas: number): BaseUrl[] {
  return Array.from({ length: replicas }, (_, index) => ({
    origin: index === 0 ? 'http://command' : `http://command-${index + 1}`,
    path: '/v1',
  }))
}

/** Large models load for minutes. */
const READY_TIMEOUT_MS = 10 * 60_000

interface Surroundings {
  folder: string
  startsProcesses: boolean
  /** `message` follows the key's name in a sentence: `must be …`. */
  refuse(path: readonly (string | number)[], message: string): void
}

/** @returns undefined where somebody else runs the server */
export function commandSettings(content: ProviderContent, around: Surroundings): CommandSettings | undefined {
  const { refuse } = around
  const { command: words, environment = {}, directory } = content
  if (words === undefined) {
    for (const key of ['ready', 'ready_timeout', 'environment', 'directory'] as const) {
      if (content[key] !== undefined) refuse([key], 'must not stand without command, which it is about')
    }
    if (typeof content.replicas === 'number')
      refuse(['replicas'], 'must be a list of addresses: only of a command are copies started')
    return undefined
  }
  if (!around.startsProcesses) {
    refuse(
      ['command'],
      'must not stand on this platform, where trimtab starts no processes: start the server otherwise, and state its base_url',
    )
  }
  const isStated = { base_url: content.base_url !== undefined, replicas: Array.isArray(content.replicas) }
  for (const key of ['base_url', 'replicas'] as const) {
    if (isStated[key])
      refuse([key], 'must not stand beside command: trimtab chooses the port, and so knows the address')
  }
  if (![...words, ...Object.values(environment)].some((text) => text.includes('{port}'))) {
    refuse(
      ['command'],
      'must contain `{port}`, here or in environment, where the server is told the port that it is to listen on',
    )
  }
  for (const name of Object.keys(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      refuse(['environment', name], 'must be named with letters, digits and `_` alone')
  }
  return {
    words,
    replicas: typeof content.replicas === 'number' ? content.replicas : undefined,
    environment,
    directory: inFolder(around.folder, directory),
    readyPath: content.ready,
    readyTimeoutMs: content.ready_timeout ?? READY_TIMEOUT_MS,
  }
}

/** `models/small.gguf` is meant from where the file lies, wherever trimtab was started. */
function inFolder(folder: string, path: string | undefined): string {
  if (path === undefined) return folder === '' ? '.' : folder
  return /^[/\\]/.test(path) ? path : folder + path
}
