/** `/v1/models`: what a caller may ask for here, in the shape of the API that it speaks. */
import { type Context, Hono } from 'hono'
import type { Authenticate } from '../access/authenticate.ts'
import type { Principal } from '../access/principal.ts'
import { anthropicModel, anthropicModels } from '../anthropic/models-page.ts'
import { Failure } from '../errors.ts'
import type { ModelList } from '../gateway/model-list.ts'
import { callersApi } from './callers-api.ts'
import { corsHeaders } from './cors.ts'
import type { OpenExchange } from './exchange.ts'
import { failureResponse } from './failure-response.ts'
import { callerOf } from './model-endpoints.ts'

export interface ModelsEndpointParts {
  models: ModelList
  authenticate: Authenticate
  openExchange: OpenExchange
  /** Origins of pages that may call. */
  origins: readonly string[]
}

export function modelsEndpoint({ models, authenticate, openExchange, origins }: ModelsEndpointParts): Hono {
  const answer = async (
    context: Context,
    tell: (principal: Principal, isAnthropics: boolean) => Promise<object>,
  ): Promise<Response> => {
    const exchange = openExchange(context)
    const api = callersApi((name) => exchange.header(name))
    const cors = corsHeaders(exchange.header('origin'), origins)
    const headers: Record<string, string> = {}
    for (let index = 0; index + 1 < cors.length; index += 2)
      headers[cors[index] as string] = cors[index + 1] as string
    try {
      const principal = await authenticate(callerOf(exchange))
      return context.json(await tell(principal, api === 'anthropic'), 200, headers)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return failureResponse(error, headers, api)
    }
  }
  return new Hono()
    .get('/v1/models', (context) =>
      answer(context, async (principal, isAnthropics) => {
        const data = await models.of(principal)
        return isAnthropics ? anthropicModels(data, context.req.query()) : { object: 'list', data }
      }),
    )
    .get('/v1/models/:id{.+}', (context) =>
      answer(context, async (principal, isAnthropics) => {
        const id = context.req.param('id')
        const model = await models.find(id, principal)
        if (model === undefined) throw notListed(id)
        return isAnthropics ? anthropicModel(model) : model
      }),
    )
}

function notListed(id: string): Failure {
  const message = `No model "${id.slice(0, 100)}" is listed here: see GET /v1/models.`
  return new Failure('model_not_found', message, { param: 'model' })
}
