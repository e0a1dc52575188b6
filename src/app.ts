/** The HTTP application: which room answers which path. */
import { Hono } from 'hono'
import { Failure } from './errors.ts'
import { adminApi } from './http/admin-api.ts'
import { allowedMethods } from './http/allowed-methods.ts'
import type { AnswerReport } from './http/answer-report.ts'
import { callersApi } from './http/callers-api.ts'
import { preflight } from './http/cors.ts'
import { countEndpoint } from './http/count-endpoint.ts'
import { failureResponse } from './http/failure-response.ts'
import { feedbackEndpoint } from './http/feedback-endpoint.ts'
import { healthEndpoints, type Readiness } from './http/health.ts'
import { type MetricsEndpointParts, metricsEndpoint } from './http/metrics-endpoint.ts'
import { type ModelEndpointParts, modelEndpoints } from './http/model-endpoints.ts'
import { type ModelsEndpointParts, modelsEndpoint } from './http/models-endpoint.ts'
import { passedEndpoints, passUnlisted } from './http/passed-endpoints.ts'
import type { LedgerReader } from './metering/reports.ts'
import { refusalOfPath } from './openai/passed-table.ts'

export interface AppParts extends ModelEndpointParts, ModelsEndpointParts, MetricsEndpointParts {
  reader: LedgerReader
  answerReport?: AnswerReport | undefined
  isAdmin(key: string | undefined): Promise<boolean> | boolean
  readiness(): Readiness
}

export function createApp(parts: AppParts): Hono {
  const app = new Hono()
  app.route('/', modelEndpoints(parts))
  app.route('/', countEndpoint(parts))
  app.route('/', modelsEndpoint(parts))
  app.route('/', passedEndpoints(parts))
  app.route('/', preflight(parts.origins))
  app.route(
    '/',
    healthEndpoints(() => parts.readiness()),
  )
  app.route('/', metricsEndpoint(parts))
  app.route('/', feedbackEndpoint(parts))
  app.route('/', adminApi({ ...parts, watch: parts.gateway }))
  app.notFound((context) => {
    const { method, path } = context.req
    if (context.req.header('upgrade')?.toLowerCase() === 'websocket') {
      const message = 'There is no WebSocket endpoint here: use the HTTP one, with "stream": true for events.'
      return failureResponse(new Failure('upgrade_required', message), {
        upgrade: 'HTTP/1.1',
        connection: 'close',
      })
    }
    const api = callersApi((name) => context.req.header(name))
    const allowed = allowedMethods(path, api)
    if (allowed !== undefined) {
      const message = `${path} takes ${allowed}, not ${method}.`
      return failureResponse(new Failure('method_not_allowed', message), { allow: allowed })
    }
    const passed = passUnlisted(context, parts)
    if (passed !== undefined) return passed
    return failureResponse(new Failure('not_found', nothingAt(method, path)), {}, api)
  })
  app.onError((error) => {
    if (error instanceof Failure) return failureResponse(error)
    parts.onInternalError(error, '')
    return failureResponse(new Failure('internal', 'trimtab failed inside; its log has the cause.'))
  })
  return app
}

function nothingAt(method: string, path: string): string {
  const isBased = path.startsWith('/v1/') && !path.startsWith('/v1/v1/')
  const refusal = isBased ? refusalOfPath(path.slice('/v1/'.length)) : undefined
  if (refusal !== undefined) return `${path} is not passed through: it ${refusal}.`
  const remedy = isBased
    ? 'what is passed through has a plain path, and is asked by GET, POST or DELETE'
    : "an SDK's base URL ends in /v1, Anthropic's without it"
  return `There is nothing at ${method} ${path}: ${remedy}.`
}
