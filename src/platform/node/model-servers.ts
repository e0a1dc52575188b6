/** The model servers that trimtab starts, as configuration wants them: one for each provider with a `command`. */
import type { CommandStanding } from '../../http/health.ts'
import type { CommandSettings, ProviderSettings } from '../../providers/settings.ts'
import type { Transport } from '../../providers/transport.ts'
import { residentBytes } from './command-memory.ts'
import { CommandTransport } from './command-transport.ts'
import { endOrphans } from './end-orphans.ts'
import { digestOf, ModelProcess, type ModelProcessParts } from './model-process.ts'

/** What answers under way get when their server is taken out of the configuration, or changed. */
const CHANGE_GRACE_MS = 30_000

export class ModelServers {
  readonly #parts: ModelProcessParts
  /** By provider and place among its replicas: see `nameOf`. */
  readonly #byName = new Map<string, ModelProcess>()
  /** Those that configuration wants no more, and when they are gone. */
  readonly #retiring = new Map<ModelProcess, Promise<void>>()
  #orphansEnded: Promise<void> | undefined

  constructor(parts: ModelProcessParts) {
    this.#parts = parts
  }

  /** How a provider's server is reached, whichever process that is by then. */
  transport(provider: string, network: Transport): Transport {
    return new CommandTransport(network, (origin) => this.#byName.get(nameOf(provider, placeOf(origin))))
  }

  get standings(): readonly CommandStanding[] {
    return [...this.#byName.values()].map(({ standing }) => standing)
  }

  /** Bytes of memory that each one's processes hold; empty where the system does not tell. */
  memory(): readonly { provider: string; bytes: number }[] {
    const running = [...this.#byName].flatMap(([provider, { session }]) =>
      session === undefined ? [] : [{ provider, session }],
    )
    if (running.length === 0) return []
    const bytes = residentBytes(new Set(running.map(({ session }) => session)))
    return running.flatMap(({ provider, session }) => {
      const held = bytes.get(session)
      return held === undefined ? [] : [{ provider, bytes: held }]
    })
  }

  /** Starts, stops and replaces what changed; a command that is as it was runs on. Nothing is waited for. */
  adjust(providers: readonly ProviderSettings[]): void {
    const wanted = new Map(providers.flatMap(replicasOf))
    for (const [name, running] of this.#byName) {
      const command = wanted.get(name)
      if (command !== undefined && digestOf(command) === running.digest) running.command = command
      else this.#retire(name, running)
    }
    for (const [name, command] of wanted) if (!this.#byName.has(name)) this.#start(name, command)
  }

  /** Ends them all. */
  async close(): Promise<void> {
    const all = [...this.#byName.values(), ...this.#retiring.keys()]
    await Promise.all(all.map((server) => server.stop(0)))
    await Promise.all(this.#retiring.values())
  }

  #start(name: string, command: CommandSettings): void {
    const server = new ModelProcess(name, command, this.#parts)
    this.#byName.set(name, server)
    // What is on its way out may hold the memory that the new one needs.
    server.start(Promise.all([this.#endOrphans(), ...this.#retiring.values()]))
  }

  #retire(name: string, server: ModelProcess): void {
    this.#byName.delete(name)
    const gone = server.stop(CHANGE_GRACE_MS).finally(() => this.#retiring.delete(server))
    this.#retiring.set(server, gone)
  }

  /** Once, ahead of the first start. */
  #endOrphans(): Promise<void> {
    const { folder, log } = this.#parts
    this.#orphansEnded ??= endOrphans(folder, ({ provider, server, watcher }) =>
      log.warn(
        `Provider ${provider}: process ${server?.pid ?? watcher.pid}, left by a trimtab that was killed, was stopped.`,
      ),
    ).catch((error) =>
      log.warn(`What a killed trimtab may have left could not be looked at (${String(error)}).`),
    )
    return this.#orphansEnded
  }
}

function replicasOf({ name, command }: ProviderSettings): (readonly [string, CommandSettings])[] {
  if (command === undefined) return []
  return Array.from(
    { length: command.replicas ?? 1 },
    (_, index) => [nameOf(name, index + 1), command] as const,
  )
}

/** `local`, `local#2`, …: no provider may have such a name. */
export function nameOf(provider: string, place: number): string {
  return place === 1 ? provider : `${provider}#${place}`
}

/** Of the addresses that stand for the servers: see `startedHere`. */
function placeOf(origin: string): number {
  return Number(/-(\d+)$/.exec(origin)?.[1] ?? 1)
}
