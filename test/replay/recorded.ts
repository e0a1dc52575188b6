/** What a server recorded, and what replaying it takes, as the command line opens them. */
import { readFileSync } from 'node:fs'
import { commandCatalog } from '../../src/cli/command-catalog.ts'
import { parseConfig } from '../../src/config.ts'
import type { RecordedRequest, RecordedTraffic } from '../../src/metering/recorded-request.ts'
import { openForReading } from '../../src/platform/node/sqlite.ts'
import { recordedTraffic } from '../../src/storage/recorded-traffic.ts'
import type { Inside } from '../support/start-inside.ts'

async function withRecorded<Result>(
  { ledgerFile }: Pick<Inside, 'ledgerFile'>,
  use: (traffic: RecordedTraffic) => Promise<Result>,
): Promise<Result> {
  const database = openForReading(ledgerFile)
  try {
    return await use(recordedTraffic(database, { since: 0, until: Date.now() + 60_000 }))
  } finally {
    database.close()
  }
}

export function recordedRequests(inside: Pick<Inside, 'ledgerFile'>): Promise<RecordedRequest[]> {
  return withRecorded(inside, async (traffic) => {
    const requests: RecordedRequest[] = []
    await traffic.forEach((request) => void requests.push(request))
    return requests
  })
}

export async function catalogOf({ configFile }: Pick<Inside, 'configFile'>) {
  const file = { path: configFile, text: readFileSync(configFile, 'utf8') }
  const parsed = parseConfig({ file, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return commandCatalog(parsed.config, {})
}
