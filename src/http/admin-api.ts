/** The admin API: the reports of a running trimtab, behind a key of its own. */
import { Hono } from 'hono'
import { Failure } from '../errors.ts'
import type { Gateway } from '../gateway/journey.ts'
import { PREFIX_DIMENSIONS, tellsPrefixes } from '../metering/prefix/prefix-figures.ts'
import { type LedgerReader, REPORT_DIMENSIONS, type ReportDimension } from '../metering/reports.ts'
import type { AnswerReport } from './answer-report.ts'
import { failureResponse } from './failure-response.ts'

interface AdminParts {
  reader: LedgerReader
  /** Undefined where the runtime leaves it to the app. */
  answerReport?: AnswerReport | undefined
  /** Undefined where nobody watches. */
  watch?: Pick<Gateway, 'observers' | 'now' | 'elapsedMs'> | undefined
  /** Whether the credential that was sent is the admin key. */
  isAdmin(key: string | undefined): Promise<boolean> | boolean
}

export function adminApi({ reader, answerReport, watch, isAdmin }: AdminParts): Hono {
  return new Hono()
    .basePath('/trimtab/api')
    .use(async (context, next) => {
      if (watch === undefined) return next()
      const at = watch.now()
      const sinceMs = watch.elapsedMs()
      await next()
      const { method, path } = context.req
      const { status } = context.res
      watch.observers.adminAnswered({ at, method, path, status, totalMs: watch.elapsedMs() - sinceMs })
    })
    .use(async (context, next) => {
      const key = context.req.header('authorization')?.replace(/^bearer\s+/i, '')
      if (await isAdmin(key)) return next()
      return failureResponse(
        new Failure(
          'invalid_api_key',
          "The admin API wants the admin key: send the text of the data folder's admin-key as a bearer token.",
        ),
      )
    })
    .get('/report', async (context) => {
      const query = {
        since: milliseconds(context.req.query('since'), 'since'),
        until: milliseconds(context.req.query('until'), 'until'),
        timeZone: timeZone(context.req.query('tz') ?? 'UTC'),
        by: (context.req.query('by') ?? '').split(',').filter(Boolean).map(dimension),
        prefix: context.req.query('prefix') === 'true',
      }
      if (query.prefix && !query.by.every(tellsPrefixes)) {
        throw wrongParameter('by', `must list some of ${PREFIX_DIMENSIONS.join(', ')} with prefix=true`)
      }
      return (await answerReport?.(context, query)) ?? context.json(await reader.report(query))
    })
    .get('/requests', async (context) => {
      const since = milliseconds(context.req.query('since'), 'since')
      const limit = milliseconds(context.req.query('limit') ?? '100', 'limit')
      return context.json({ requests: await reader.requests({ since, limit }) })
    })
    .get('/requests/:id', async (context) => {
      const detail = await reader.request(context.req.param('id'))
      if (detail) return context.json(detail)
      throw new Failure(
        'not_found',
        'No request of this id is in the ledger: `trimtab requests` lists the latest.',
      )
    })
}

function milliseconds(text: string | undefined, name: string): number {
  const value = Number(text)
  if (text !== undefined && text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw wrongParameter(name, 'must be a whole number: Unix milliseconds, or a count')
}

function timeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name
  } catch {
    throw wrongParameter('tz', 'must be an IANA time zone such as UTC or Europe/Berlin')
  }
}

function dimension(name: string): ReportDimension {
  if (/^tag:./.test(name)) return name as ReportDimension
  const known = REPORT_DIMENSIONS.find((candidate) => candidate === name)
  if (known !== undefined) return known
  throw wrongParameter('by', `must list dimensions out of ${REPORT_DIMENSIONS.join(', ')} and tag:NAME`)
}

function wrongParameter(name: string, rule: string): Failure {
  return new Failure('invalid_request', `The query parameter ${name} ${rule}.`, { param: name })
}
