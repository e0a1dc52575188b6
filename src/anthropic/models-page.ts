/** Models as Anthropic's API lists them, page by page. */
import { Failure } from '../errors.ts'

/** What is known of a model, as OpenAI's API has it. */
interface Listed {
  id: string
  /** Unix seconds; 0 where nobody knows. */
  created: number
}

/** https://docs.anthropic.com/en/api/models-list: a time that nobody knows is the epoch. */
interface AnthropicModel {
  type: 'model'
  id: string
  display_name: string
  /** RFC 3339. */
  created_at: string
}

interface ModelsPage {
  data: readonly AnthropicModel[]
  has_more: boolean
  first_id: string | null
  last_id: string | null
}

const USUAL_LIMIT = 20
const HIGHEST_LIMIT = 1000

export function anthropicModel({ id, created }: Listed): AnthropicModel {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: new Date(created * 1000).toISOString().replace('.000', ''),
  }
}

/** @throws Failure `invalid_request` for a limit or a cursor that is none */
export function anthropicModels(
  models: readonly Listed[],
  { limit, after_id: after, before_id: before }: Readonly<Record<string, string>>,
): ModelsPage {
  const most = limitOf(limit)
  const from = after === undefined ? 0 : placeOf(models, after, 'after_id') + 1
  const until = before === undefined ? models.length : placeOf(models, before, 'before_id')
  // Backwards, a page ends at its cursor.
  const begin = before === undefined || after !== undefined ? from : Math.max(from, until - most)
  const data = models.slice(begin, Math.min(until, begin + most)).map(anthropicModel)
  const hasMore = before === undefined || after !== undefined ? begin + data.length < until : begin > from
  return { data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}

function limitOf(written: string | undefined): number {
  if (written === undefined) return USUAL_LIMIT
  const limit = Number(written)
  if (Number.isInteger(limit) && limit >= 1 && limit <= HIGHEST_LIMIT) return limit
  const message = `limit must be a whole number from 1 to ${HIGHEST_LIMIT}, not ${written.slice(0, 100)}.`
  throw new Failure('invalid_request', message, { param: 'limit' })
}

function placeOf(models: readonly Listed[], id: string, param: string): number {
  const place = models.findIndex((model) => model.id === id)
  if (place !== -1) return place
  throw new Failure('invalid_request', `${param} names no model that is listed: ${id.slice(0, 100)}.`, {
    param,
  })
}
