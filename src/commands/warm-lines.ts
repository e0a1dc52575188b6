/** The lines of a file for `trimtab cache warm`: requests to ask, or questions with their answers. */
import { z } from 'zod'
import { isObject } from '../openai/is-object.ts'
import type { ModelRequest } from '../openai/model-request.ts'

export interface WarmRequest {
  kind: 'request'
  line: number
  endpoint: ModelRequest['endpoint']
  /** JSON of the body. */
  body: string
  headers: Readonly<Record<string, string>>
}

export interface WarmPair {
  kind: 'pair'
  line: number
  question: string
  answer: string
  model: string
  workflow: string | undefined
}

export type WarmLine =
  | WarmRequest
  | WarmPair
  /** `why` is as a sentence goes on. */
  | { kind: 'damaged'; line: number; why: string }

/** What the built-in name for "whatever the policy decides" is. */
const NO_MODEL = 'auto'

const pair = z.strictObject({
  question: z.string().min(1),
  answer: z.string().min(1),
  model: z.string().min(1).default(NO_MODEL),
  workflow: z.string().min(1).optional(),
})

/** A chat or embeddings body, with two members that are not the provider's. */
const request = z.looseObject({
  workflow: z.string().min(1).optional(),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().regex(/^[\t\x20-\x7e]*$/)).default({}),
})

export function warmLine({ number: line, text }: { number: number; text: string }): WarmLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'damaged', line, why: 'is not valid JSON' }
  }
  if (!isObject(value)) return { kind: 'damaged', line, why: 'is no JSON object' }
  if (Array.isArray(value.messages) || value.input !== undefined) return requestOf(line, value)
  if (value.question !== undefined) return pairOf(line, value)
  return {
    kind: 'damaged',
    line,
    why: 'is neither a request (with `messages` or `input`) nor a `question` with its `answer`',
  }
}

function requestOf(line: number, value: object): WarmLine {
  const { data, error } = request.safeParse(value)
  if (data === undefined) return damaged(line, error)
  const { workflow, headers, ...body } = data
  const named: Record<string, string> = workflow === undefined ? {} : { 'x-trimtab-workflow': workflow }
  return {
    kind: 'request',
    line,
    endpoint: body.messages === undefined ? 'embeddings' : 'chat/completions',
    body: JSON.stringify(body),
    headers: { ...named, ...headers },
  }
}

function pairOf(line: number, value: object): WarmLine {
  const { data, error } = pair.safeParse(value)
  if (data === undefined) return damaged(line, error)
  const { question, answer, model, workflow } = data
  return { kind: 'pair', line, question, answer, model, workflow }
}

function damaged(line: number, error: z.ZodError): WarmLine {
  const issue = error.issues[0]
  const place = issue?.path.join('.') ?? ''
  const what = issue?.message ?? 'unknown'
  return {
    kind: 'damaged',
    line,
    why: place === '' ? `is wrong (${what})` : `has a wrong \`${place}\` (${what})`,
  }
}
