/** `metrics` of a provider: where its replicas tell of themselves, and how often they are asked. */
import { z } from 'zod'
import { isMetricsPlace, type MetricsSettings } from '../providers/metrics/metrics-source.ts'
import { closed, duration, mode, mustBe } from '../setting-values.ts'
import type { ProviderContent } from './schema.ts'

const PLACE = 'a path such as `/metrics`, or with a port of its own such as `:8002/metrics`'
const ANY = `\`on\`, \`off\`, ${PLACE}, or a mapping of \`path\`, \`interval\` and \`timeout\``

const often = duration({ text: '10m', ms: 600_000 })

export const metricsSchema = z.union(
  [
    mode(['on', 'off']),
    placeOr(ANY),
    closed({ path: placeOr(PLACE).optional(), interval: often.optional(), timeout: often.optional() }),
  ],
  { error: mustBe(ANY) },
)

const LEAST_INTERVAL_MS = 100
const UNSTATED = { path: undefined, interval: undefined, timeout: undefined }

/** @returns undefined where nothing is stated */
export function metricsSettings(
  { metrics, command }: Pick<ProviderContent, 'metrics' | 'command'>,
  refuse: (path: readonly string[], message: string) => void,
): MetricsSettings | undefined {
  if (metrics === undefined) return undefined
  if (metrics === 'off') return { isAsked: false }
  const { path, interval, timeout } = typeof metrics === 'object' ? metrics : UNSTATED
  const stated = typeof metrics === 'string' && metrics !== 'on' ? metrics : path
  if (stated?.startsWith(':') && command !== undefined)
    refuse(['metrics'], 'must not have a port beside command: trimtab knows the one port that it chooses')
  if (interval !== undefined && interval < LEAST_INTERVAL_MS)
    refuse(['metrics', 'interval'], `must be at least ${LEAST_INTERVAL_MS}ms`)
  return { isAsked: true, place: stated, intervalMs: interval, timeoutMs: timeout }
}

function placeOr(expected: string) {
  return z.string({ error: mustBe(expected) }).refine(isMetricsPlace, { error: mustBe(expected) })
}
