/** `/v1/models`: what a caller may ask for here. */
import { type Context, Hono } from 'hono'
import type { Authenticate } from '../access/authenticate.ts'
import { Failure } from '../errors.ts'
import type { ListedModel, ModelList } from '../gateway/model-list.ts'
import { corsHeaders } from './cors.ts'
import type { OpenExchange } from './exchange.ts'
import { callerOf } from './model-endpoints.ts'

export interface ModelsEndpointParts {
  models: ModelList
  authenticate: Authenticate
  openExchange: OpenExchange
  /** Origins of pages that may call. */
  origins: readonly string[]
}

export function modelsEndpoint({ models, authenticate, openExchange, origins }: ModelsEndpointParts): Hono {
  const list = async (context: Context): Promise<readonly ListedModel[]> => {
    const exchange = openExchange(context)
    const principal = await authenticate(callerOf(exchange))
    const cors = corsHeaders(exchange.header('origin'), origins)
    for (let index = 0; index + 1 < cors.length; index += 2)
      context.header(cors[index] ?? '', cors[index + 1])
    return models.of(principal)
  }
  return new Hono()
    .get('/v1/models', async (context) => context.json({ object: 'list', data: await list(context) }))
    .get('/v1/models/:id{.+}', async (context) => {
      const id = context.req.param('id')
      const model = (await list(context)).find((candidate) => candidate.id === id)
      if (model) return context.json(model)
      throw new Failure(
        'model_not_found',
        `No model "${id.slice(0, 100)}" is listed here: see GET /v1/models.`,
        {
          param: 'model',
        },
      )
    })
}
