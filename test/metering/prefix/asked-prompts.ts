/** Prompts as they are watched, from the bodies that callers send. */
import { cutPrompt } from '../../../src/metering/prefix/cut-prompt.ts'
import type { AnsweredPrompt } from '../../../src/metering/prefix/prompt-watch.ts'
import { readBody } from '../../../src/openai/body-shape.ts'
import type { ModelEndpoint } from '../../../src/openai/model-request.ts'
import { modelRequest } from '../../../src/openai/model-request.ts'

export const NOON = Date.parse('2026-11-25T12:00:00Z')
/** About 2,000 tokens that no digit is in. */
export const LONG = 'Answer as the handbook of the harbour has it, and name the page. '.repeat(125)

let clock = NOON

/** Each a second after the one before, answered within it; 4 characters of its JSON are a token, of $4 in and $0.40 read. */
export function askedPrompt(
  body: Readonly<Record<string, unknown>>,
  given: Partial<AnsweredPrompt> = {},
  endpoint: ModelEndpoint = 'chat/completions',
): AnsweredPrompt {
  const bytes = Buffer.from(JSON.stringify(body))
  const cut = cutPrompt(modelRequest(endpoint, readBody(bytes), false))
  if (cut === undefined) throw new Error('nothing to compare')
  clock += 1000
  const inputTokens = given.inputTokens ?? Math.round(cut.wholeBytes / 4)
  const readTokens = given.readTokens ?? 0
  return {
    tenant: 'default',
    workflow: 'support',
    session: undefined,
    provider: 'openai',
    model: 'gpt-5.6',
    account: 'default',
    startedAt: clock,
    answeredAt: clock + 500,
    inputTokens,
    readTokens,
    unread: [inputTokens - readTokens, 3600],
    isPriced: true,
    cut,
    ...given,
  }
}

export const said = (role: string, content: unknown) => ({ role, content })
