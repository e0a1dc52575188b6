/** Remembered answers as lines of a file that outlives this version: what `cache export` writes and `cache import` reads. */
import { z } from 'zod'
import { filledBuckets, noTokens, TOKEN_BUCKETS, type Tokens } from '../metering/tokens.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { RememberedAnswer } from './exact-store.ts'

/** Of the file's first line. */
const FORMAT_VERSION = 1

const header = z.object({ trimtab_cache: z.number() })

const instant = z.iso.datetime({ offset: true }).transform((written) => Date.parse(written))
const count = z.number().int().nonnegative()

const line = z
  .object({
    key: z.string().regex(/^[0-9a-f]{64}$/),
    tenant: z.string().min(1),
    workflow: z.string().min(1),
    provider: z.string().min(1),
    model: z.string(),
    tier: z.string().nullable().default(null),
    form: z.enum(['json', 'stream']),
    content_type: z.string().regex(/^[\t\x20-\x7e]+$/),
    body: z.string().optional(),
    body_base64: z.base64().optional(),
    usage: z.unknown().optional(),
    tokens: z.partialRecord(z.enum(TOKEN_BUCKETS), count).default({}),
    created_at: instant,
    expires_at: instant,
  })
  .refine(({ body, body_base64 }) => (body === undefined) !== (body_base64 === undefined), {
    error: 'one of the two must be there',
    path: ['body'],
  })

export type ReadLine =
  | { kind: 'answer'; answer: RememberedAnswer }
  /** As a sentence goes on. */
  | { kind: 'damaged'; why: string }

/** `at` is Unix milliseconds. */
export function headerLine(at: number): string {
  return JSON.stringify({ trimtab_cache: FORMAT_VERSION, exported_at: new Date(at).toISOString() })
}

/** Undefined where a file with this first line can be read; else why not, as a sentence goes on. */
export function headerProblem(text: string): string | undefined {
  const { data } = header.safeParse(parseJson(text))
  if (data === undefined)
    return 'is no export of a cache: its first line must be one that `trimtab cache export` wrote'
  if (data.trimtab_cache === FORMAT_VERSION) return undefined
  return `is an export of version ${data.trimtab_cache}, and this trimtab reads version ${FORMAT_VERSION}: import it with the trimtab that wrote it`
}

export function answerLine(answer: RememberedAnswer): string {
  const { key, tenant, workflow, provider, model, tier, form, contentType, usage, tokens } = answer
  return JSON.stringify({
    key,
    tenant,
    workflow,
    provider,
    model,
    tier: tier ?? null,
    form,
    content_type: contentType,
    ...bodyMembers(answer.body),
    usage,
    tokens: filledBuckets(tokens),
    created_at: new Date(answer.createdAt).toISOString(),
    expires_at: new Date(answer.expiresAt).toISOString(),
  })
}

export function readAnswerLine(text: string): ReadLine {
  const value = parseJson(text)
  if (value === undefined) return { kind: 'damaged', why: 'is not valid JSON, so that it was cut or changed' }
  const { data, error } = line.safeParse(value)
  if (data === undefined) {
    const issue = error.issues[0]
    const member = issue?.path.join('.') ?? ''
    return { kind: 'damaged', why: `has a wrong \`${member}\` (${issue?.message ?? 'unknown'})` }
  }
  const { content_type, body, body_base64, created_at, expires_at, tier, tokens, ...same } = data
  return {
    kind: 'answer',
    answer: {
      ...same,
      usage: same.usage,
      tier: tier ?? undefined,
      contentType: content_type,
      body: body === undefined ? bytesOf(body_base64 ?? '') : new TextEncoder().encode(body),
      tokens: { ...noTokens(), ...(tokens as Partial<Tokens>) },
      createdAt: created_at,
      expiresAt: expires_at,
    },
  }
}

/** Text where the bytes are text, so that people can read the file. */
function bodyMembers(body: Uint8Array): { body: string } | { body_base64: string } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    let binary = ''
    for (const byte of body) binary += String.fromCharCode(byte)
    return { body_base64: btoa(binary) }
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
