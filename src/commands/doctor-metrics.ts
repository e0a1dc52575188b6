/** Of a replica that is asked for its own metrics: what it tells, or what would have it tell. */
import { askMetrics, type MetricsAnswer } from '../gateway/replicas/ask-metrics.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { Finding } from './doctor.ts'

/** Servers that tell nothing unless they are told to. */
const OPTIONS: Partial<Record<Provider['vendor'], string>> = {
  sglang: '--enable-metrics',
  llamacpp: '--metrics',
}

/** Nothing where there is no other replica to choose, and it tells nothing either. `name` as in its other finding. */
export async function checkMetrics(provider: Provider, replica: Replica, name: string): Promise<Finding[]> {
  if (provider.metrics === undefined) return []
  const { answer } = askMetrics(provider, replica, provider.metrics)
  return findingsOf(await answer, provider, name)
}

function findingsOf(answer: MetricsAnswer, { vendor, replicas, metrics }: Provider, name: string): Finding[] {
  const finding = (state: Finding['state'], message: string): Finding[] => [
    { name: `${name} metrics`, state, message },
  ]
  if (answer.kind === 'told') return finding('ok', toldWords(answer.metrics))
  if (replicas.length < 2) return []
  const where = metrics?.place ?? ''
  if (answer.kind === 'failed')
    return finding('warn', `${where} did not answer; a choice among replicas goes without them.`)
  const option = OPTIONS[vendor]
  const advice =
    option === undefined ? 'state where under `metrics`, or turn it off' : `start it with ${option}`
  return finding(
    'warn',
    `${where} tells nothing that is known (${answer.status}); ${advice}, so that a choice among replicas goes by their queues.`,
  )
}

function toldWords({
  server,
  running,
  waiting,
  kvUsage,
}: Extract<MetricsAnswer, { kind: 'told' }>['metrics']): string {
  const told = [
    ...(running === undefined ? [] : [`${running} running`]),
    ...(waiting === undefined ? [] : [`${waiting} waiting`]),
    ...(kvUsage === undefined ? [] : [`its KV cache ${(kvUsage * 100).toFixed(0)} % full`]),
  ]
  return `${server} tells of itself: ${told.join(', ')}.`
}
