/** Reads the ledger of a running trimtab through its admin API. */
import { Failure } from '../errors.ts'
import type { LedgerReader, Report, RequestDetail, RequestSummary } from '../metering/reports.ts'

/**
 * @param url address of a running trimtab
 * @param adminKey text of its `admin-key` file
 * @throws Failure where either cannot be right
 */
export function remoteReader(url: string, adminKey: string | undefined): LedgerReader {
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new Failure('invalid_request', `--url must be like http://localhost:8787, not \`${url}\`.`)
  }
  const get = (path: string, query: Record<string, string> = {}): Promise<unknown> =>
    fetchJson(new URL(`/trimtab/api${path}?${new URLSearchParams(query)}`, url), adminKey)
  return {
    async report({ since, until, timeZone, by, prefix }) {
      const query = {
        since: String(since),
        until: String(until),
        tz: timeZone,
        by: by.join(','),
        ...(prefix === true && { prefix: 'true' }),
      }
      return (await get('/report', query)) as Report
    },
    async requests({ since, limit }) {
      const answer = await get('/requests', { since: String(since), limit: String(limit) })
      return (answer as { requests: readonly RequestSummary[] }).requests
    },
    async request(id) {
      try {
        return (await get(`/requests/${encodeURIComponent(id)}`)) as RequestDetail
      } catch (error) {
        if (error instanceof Failure && error.code === 'not_found') return undefined
        throw error
      }
    },
  }
}

async function fetchJson(url: URL, adminKey: string | undefined): Promise<unknown> {
  if (adminKey === undefined) {
    throw new Failure(
      'missing_api_key',
      'With --url, set TRIMTAB_ADMIN_KEY to the text of that trimtab’s data/admin-key.',
    )
  }
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminKey}` } }).catch((cause) => {
    throw new Failure('provider_error', `No trimtab answers at ${url.origin}: check --url.`, { cause })
  })
  if (response.ok) return response.json()
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined
  const message =
    body?.error?.message ?? `${url.origin} answered with status ${response.status}: is it a trimtab?`
  throw new Failure(response.status === 404 ? 'not_found' : 'invalid_request', message)
}
