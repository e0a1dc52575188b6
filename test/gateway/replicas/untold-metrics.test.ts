/** Replicas that tell nothing of themselves: how seldom they are asked. */
import { expect, it } from 'vitest'
import { waitMs } from '../../../src/gateway/replicas/metrics-poll.ts'
import { answers, metricsText } from '../../support/metrics-text.ts'
import { startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { startInside } from '../../support/start-inside.ts'

it.each<[string, () => number | string]>([
  ['404', () => 404],
  ['401', () => 401],
  ['501', () => 501],
  ['garbage', () => '<html>vllm:num_requests_waiting 40</html>'],
  ['the metrics of another program', () => 'process_cpu_seconds_total 12.5\n'],
])('is asked once where it answers %s', async (_, tell) => {
  const mock = await startMockProvider()
  const beat = await startMockProvider()
  mock.metrics.tell = tell
  beat.metrics.tell = () => metricsText('tei')
  const server = await startInside({
    config: `providers: { a: { base_url: "${mock.url}", metrics: { interval: 100ms } }, b: { base_url: "${beat.url}", metrics: { interval: 100ms } } }`,
  })
  try {
    await answers(beat, 5)
    expect(mock.metrics.asked.length).toBe(1)
    const metrics = await readMetrics(server.origin)
    expect(sampleSum(metrics, 'trimtab_replica_tells', { provider: 'a' })).toBe(0)
    expect(sampleSum(metrics, 'trimtab_replica_server_waiting', { provider: 'b' })).toBe(3)
  } finally {
    await server.stop()
    await Promise.all([mock.close(), beat.close()])
  }
})

it('is asked again in a minute where it answers, as SGLang and TEI do before their first request, else in ten', () => {
  const never = { failures: 1, hasTold: false }
  const source = { intervalMs: 2000 }
  expect(waitMs({ kind: 'untold', status: 200 }, never, source)).toBe(60_000)
  expect(waitMs({ kind: 'untold', status: 404 }, never, source)).toBe(600_000)
  expect(waitMs({ kind: 'untold', status: 404 }, { failures: 9, hasTold: true }, source)).toBe(60_000)
})

it('is not asked once the server has stopped, which does not wait for it', async () => {
  const mock = await startMockProvider()
  mock.metrics.tell = () => 'silence'
  const server = await startInside({
    config: `providers: { a: { base_url: "${mock.url}", metrics: { interval: 100ms, timeout: 5m } } }`,
  })
  await mock.until(() => mock.metrics.asked.length === 1, 10_000)
  await server.stop()
  await mock.close()
  expect(mock.metrics.asked.length).toBe(1)
})
