/** What providers that cost by the hour cost, in words. */
import type { StandingFigures } from '../metering/reports.ts'
import { usd } from './table.ts'

/** A line for each. */
export function hourlyLines(standing: readonly StandingFigures[]): readonly string[] {
  return standing.map((figures) => {
    const { provider, replica_hours, idle_share, unserved_usd, usd_per_million_output_tokens } = figures
    if (replica_hours === 0) return `${provider} has only just begun to stand ready.`
    const price =
      usd_per_million_output_tokens === null
        ? 'nothing was answered'
        : `${usd(usd_per_million_output_tokens)} for a million tokens of output`
    const unserved =
      unserved_usd > 0 ? `; ${usd(unserved_usd)} of it in hours that served nothing, in no row's cost` : ''
    return `${provider} stood ready for ${hours(replica_hours)} at ${usd(figures.usd)}, idle ${(idle_share * 100).toFixed(0)} % of the time: ${price}${unserved}.`
  })
}

/** `3.5 usd an hour for each of 2 replicas`. */
export function hourlyPrice(usdPerHour: number, replicas: number): string {
  return `${usd(usdPerHour)} an hour${replicas > 1 ? ` for each of ${replicas} replicas` : ''}, over what is served`
}

function hours(replicaHours: number): string {
  return `${Number(replicaHours.toPrecision(3))} replica-hours`
}
