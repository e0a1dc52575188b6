/** Where callers say that a remembered answer was wrong, or right. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../errors.ts'
import { takeFeedback } from '../gateway/memory/feedback.ts'
import type { LedgerReader } from '../metering/reports.ts'
import { parseJson } from '../openai/parse-json.ts'
import { callerOf, type ModelEndpointParts } from './model-endpoints.ts'

type FeedbackParts = Pick<ModelEndpointParts, 'gateway' | 'authenticate' | 'openExchange'> & {
  reader: LedgerReader
  isAdmin(key: string | undefined): Promise<boolean> | boolean
}

const bodySchema = z.object({ request_id: z.string().min(1).max(100), verdict: z.enum(['wrong', 'right']) })
const MOST_BYTES = 4096

export function feedbackEndpoint(parts: FeedbackParts): Hono {
  return new Hono().post('/trimtab/api/feedback', async (context) => {
    const tenant = await tenantOf(context, parts)
    const { request_id: requestId, verdict } = await readFeedback(context)
    const request = await parts.reader.request(requestId)
    await takeFeedback({ requestId, wrong: verdict === 'wrong' }, request, tenant, parts.gateway)
    return context.json({ request_id: requestId, verdict })
  })
}

/** The operator may speak of any request, a caller of its own tenant's. @throws Failure */
async function tenantOf(context: Context, parts: FeedbackParts): Promise<string | undefined> {
  const key = context.req.header('authorization')?.replace(/^bearer\s+/i, '')
  if (key !== undefined && (await parts.isAdmin(key))) return undefined
  return (await parts.authenticate(callerOf(parts.openExchange(context)))).tenant
}

async function readFeedback(context: Context): Promise<z.output<typeof bodySchema>> {
  const text = await context.req.text()
  const { data } = bodySchema.safeParse(text.length > MOST_BYTES ? undefined : parseJson(text))
  if (data !== undefined) return data
  throw new Failure(
    'invalid_request',
    'Feedback is {"request_id": "the x-trimtab-request-id of an answer", "verdict": "wrong"} or "right".',
  )
}
