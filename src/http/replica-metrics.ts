/** What replicas tell of themselves, handed on for `/metrics`: one place to see all servers, whatever each calls its figures. */
import type { Metrics, Sample } from '../metering/metrics.ts'
import type { Registry } from '../providers/registry.ts'
import type { ToldReplica, ToldReplicas } from '../routing/told-replicas.ts'

interface ReplicaParts {
  told: ToldReplicas
  registry(): Registry
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
}

const GAUGES: readonly [string, string, (told: ToldReplica) => number | undefined][] = [
  ['server_running', 'Requests that a replica works on, whoever sent them.', ({ running }) => running],
  ['server_waiting', "Requests in a replica's own queue.", ({ waiting }) => waiting],
  ['kv_usage', "Share of a replica's KV cache in use.", ({ kvUsage }) => kvUsage],
  ['others_in_flight', 'Requests of others that a replica has.', ({ othersInFlight }) => othersInFlight],
  [
    'prefix_cached_share',
    "Share of prompts lately in a replica's prefix cache.",
    ({ cachedShare }) => cachedShare,
  ],
  [
    'server_queue_seconds',
    "Mean time lately of a request in a replica's own queue.",
    ({ queueSeconds }) => queueSeconds,
  ],
]

export function watchReplicas(metrics: Metrics, { told, registry, elapsedMs }: ReplicaParts): void {
  const labels = ['provider', 'replica']
  const asked = () => [...registry().providers.values()].filter((provider) => provider.metrics !== undefined)
  const each = (of: (told: ToldReplica) => number | undefined) => (): Sample[] => {
    const nowMs = elapsedMs()
    return asked().flatMap(({ name, replicas }) =>
      replicas.flatMap(({ id }) => {
        const value = of(told.of(id).at(nowMs))
        return value === undefined ? [] : [{ labels: [name, id], value }]
      }),
    )
  }
  metrics.gauge(
    'trimtab_replica_tells',
    '1 while a replica that is asked for its own metrics tells them.',
    labels,
    each(({ server }) => (server === '' ? 0 : 1)),
  )
  for (const [name, help, of] of GAUGES)
    metrics.gauge(
      `trimtab_replica_${name}`,
      help,
      labels,
      each((it) => (it.server === '' ? undefined : of(it))),
    )
}
