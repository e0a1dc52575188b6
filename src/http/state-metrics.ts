/** The state of the installation for `/metrics`: ledger, policies, model servers. */
import type { Ledger } from '../metering/ledger.ts'
import type { Metrics, Sample } from '../metering/metrics.ts'
import type { MadeIds } from '../routing/made-ids.ts'
import type { CommandStanding, Readiness } from './health.ts'

interface StateParts {
  ledger: Ledger
  madeIds: Pick<MadeIds, 'unbilled'>
  readiness(): Readiness
  /** Undefined where the runtime starts no servers. */
  commandMemory?: (() => readonly { provider: string; bytes: number }[]) | undefined
}

export function watchState(metrics: Metrics, parts: StateParts): void {
  const { ledger, madeIds, readiness, commandMemory } = parts
  const one = (value: number): Sample[] => [{ labels: [], value }]
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
