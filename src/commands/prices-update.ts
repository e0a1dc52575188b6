/** `trimtab prices update`: fetches the newest public price table and keeps it in the data folder. */
import { checkedProviders, type KeptTable, type PriceTable } from '../metering/price-table.ts'
import type { Output } from './output.ts'

export interface UpdateParts {
  /** Address or path of the table. */
  source: string
  /** @throws Error whose message says what went wrong */
  read(source: string): Promise<string>
  /** Puts it where `serve` finds it. @returns its path */
  keep(text: string): string
  /** The one that is in force without it. */
  current: PriceTable
  sha256(text: string): string
  /** Unix milliseconds. */
  now: number
}

/** Returns the exit code: 2 where the table cannot be had. */
export async function updatePrices(
  options: { json?: boolean },
  parts: UpdateParts,
  output: Output,
): Promise<number> {
  const { source, current, now } = parts
  let text: string
  try {
    text = await parts.read(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    output.error(
      `The price table ${source} cannot be fetched (${reason}); ${current.version} stays in force.`,
    )
    return 2
  }
  const providers = checkedProviders(text)
  if (typeof providers === 'string') {
    output.error(
      `What ${source} answered is no price table (${providers}); ${current.version} stays in force.`,
    )
    return 2
  }
  const at = new Date(now).toISOString()
  const kept: KeptTable = {
    // The day for people, the digest because a day may see two tables.
    version: `genai-prices@${at.slice(0, 10)}-${parts.sha256(text).slice(0, 8)}`,
    fetched_at: at,
    source,
    providers,
  }
  const path = parts.keep(JSON.stringify(kept))
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0)
  if (options.json)
    output.out(JSON.stringify({ version: kept.version, before: current.version, models, path }))
  else
    output.out(
      `${kept.version} with ${models.toLocaleString('en-US')} models is in ${path}; a running trimtab takes it over when it starts next or its configuration is saved.`,
    )
  return 0
}
