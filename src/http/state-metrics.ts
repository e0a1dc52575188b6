/** The state of the installation for `/metrics`: replicas, ledger, policies. */
import type { Slots } from '../gateway/slots.ts'
import type { Ledger } from '../metering/ledger.ts'
import type { Metrics, Sample } from '../metering/metrics.ts'
import type { Registry } from '../providers/registry.ts'
import type { MadeIds } from '../routing/made-ids.ts'
import type { CommandStanding, Readiness } from './health.ts'

interface StateParts {
  slots: Slots
  ledger: Ledger
  madeIds: Pick<MadeIds, 'unbilled'>
  registry(): Registry
  readiness(): Readiness
  /** Undefined where the runtime starts no servers. */
  commandMemory?: (() => readonly { provider: string; bytes: number }[]) | undefined
}

const WAIT_SECONDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** How long requests wait for a slot; those that need not count as 0. */
export function waitMetric(metrics: Metrics): (provider: string, milliseconds: number) => void {
  const help = 'Time in the queue of a provider that has max_in_flight, none included.'
  const seconds = metrics.histogram('trimtab_queue_wait_seconds', help, ['provider'], WAIT_SECONDS)
  return (provider, milliseconds) => seconds.observe([provider], milliseconds / 1000)
}

export function watchState(metrics: Metrics, parts: StateParts): void {
  const { slots, ledger, madeIds, registry, readiness, commandMemory } = parts
  const replicas = (of: (id: string) => number) => (): Sample[] =>
    [...registry().providers.values()].flatMap((provider) =>
      provider.replicas.map(({ id }) => ({ labels: [provider.name, id], value: of(id) })),
    )
  const one = (value: number): Sample[] => [{ labels: [], value }]
  const target = ['provider', 'replica']
  metrics.gauge(
    'trimtab_replica_in_flight',
    'Requests under way to a replica.',
    target,
    replicas((id) => slots.inFlight(id)),
  )
  metrics.gauge('trimtab_provider_queued', 'Requests that wait for a slot of a provider.', ['provider'], () =>
    [...registry().providers.keys()].map((name) => ({ labels: [name], value: slots.queued(name) })),
  )
  metrics.gauge('trimtab_ready', '1 while new requests are wanted.', [], () => one(readiness().ready ? 1 : 0))
  metrics.gauge('trimtab_ledger_healthy', '1 while the ledger can be written.', [], () =>
    one(ledger.healthy ? 1 : 0),
  )
  metrics.gauge('trimtab_ledger_waiting_rows', 'Rows that wait to be written.', [], () =>
    one(ledger.backlog.waiting),
  )
  metrics.gauge('trimtab_ledger_lost_rows', 'Rows given up since the start.', [], () =>
    one(ledger.backlog.lost),
  )
  metrics.gauge(
    'trimtab_unbilled',
    'Batches and responses of the background that are not billed yet.',
    [],
    () => one(madeIds.unbilled()),
  )
  const commands = (of: (standing: CommandStanding) => number) => (): Sample[] =>
    readiness().commands.map((standing) => ({ labels: [standing.provider], value: of(standing) }))
  metrics.gauge(
    'trimtab_command_ready',
    '1 while a model server that trimtab starts is ready.',
    ['provider'],
    commands(({ state }) => (state === 'ready' ? 1 : 0)),
  )
  metrics.gauge(
    'trimtab_command_starts',
    'How often a model server was started since the start of trimtab or a change of its command.',
    ['provider'],
    commands(({ starts }) => starts),
  )
  metrics.gauge(
    'trimtab_command_memory_bytes',
    'Memory that a model server and the processes it started hold.',
    ['provider'],
    () => (commandMemory?.() ?? []).map(({ provider, bytes }) => ({ labels: [provider], value: bytes })),
  )
  metrics.gauge('trimtab_problems', 'What `/readyz` lists.', ['severity'], () => [
    { labels: ['error'], value: readiness().problems.length },
    { labels: ['warning'], value: readiness().warnings.length },
  ])
}
