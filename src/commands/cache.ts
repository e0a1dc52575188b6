/** `trimtab cache stats | purge`: what is remembered, and forgetting it. */
import type { ExactStoreStats, PurgeFilter } from '../cache/exact-store.ts'
import type { Output } from './output.ts'

export function cacheStats(stats: ExactStoreStats, { json }: { json?: boolean }, output: Output): number {
  if (json === true) output.out(JSON.stringify({ exact: stats }))
  else output.out(`exact  ${stats.answers} answers, ${(stats.bytes / 1e6).toFixed(1)} MB`)
  return 0
}

export function cachePurged(gone: number, filter: PurgeFilter & { json?: boolean }, output: Output): number {
  if (filter.json === true) output.out(JSON.stringify({ purged: gone }))
  else
    output.out(`Forgot ${gone} ${gone === 1 ? 'answer' : 'answers'}; running servers follow within a second.`)
  return 0
}
