/** Node's own state for `/metrics`: memory, processor, the event loop's delay, and which build this is. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics, Sample } from '../../metering/metrics.ts'

/** Each time wakes the process: 50 times a second cost an idle one most of its processor time. */
const RESOLUTION_MS = 100

/** Returns what stops the measuring. */
export function watchProcess(metrics: Metrics, version: string): () => void {
  const one = (value: number): Sample[] => [{ labels: [], value }]
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  metrics.gauge('trimtab_build_info', 'Always 1.', ['version', 'node'], () => [
    { labels: [version, process.version], value: 1 },
  ])
  metrics.gauge('process_resident_memory_bytes', 'Memory of the process.', [], () =>
    one(process.memoryUsage.rss()),
  )
  metrics.gauge('process_heap_used_bytes', 'Memory of JavaScript objects.', [], () =>
    one(process.memoryUsage().heapUsed),
  )
  metrics.gauge('process_cpu_seconds', 'User and system time since the start.', [], () => {
    const { user, system } = process.cpuUsage()
    return one((user + system) / 1e6)
  })
  metrics.gauge('process_uptime_seconds', 'Time since the start.', [], () => one(process.uptime()))
  metrics.gauge(
    'trimtab_event_loop_delay_seconds',
    'How late timers came since the last reading.',
    ['quantile'],
    () => {
      const late = (quantile: number): number =>
        Math.max(0, delay.percentile(quantile * 100) / 1e9 - RESOLUTION_MS / 1000)
      const samples = [0.5, 0.99, 1].map((quantile) => ({
        labels: [String(quantile)],
        value: late(quantile),
      }))
      delay.reset()
      return samples
    },
  )
  return () => void delay.disable()
}
