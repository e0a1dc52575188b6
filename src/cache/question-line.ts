/** Remembered questions as lines of an export, each with its answer: between those of `answer-line.ts`, in the same file. */
import { z } from 'zod'
import type { NewEntry, StoredEntry } from '../vectors/vector-index.ts'
import { readAnswerLine } from './answer-line.ts'

const line = z.object({
  question: z.string().min(1),
  embedder: z.string().min(1),
  key_name: z.string().nullable().default(null),
  tags: z.record(z.string(), z.string()).default({}),
  answer: z.looseObject({}),
})

export type ReadQuestionLine =
  | { kind: 'question'; entry: NewEntry; embedderId: string }
  /** As a sentence goes on. */
  | { kind: 'damaged'; why: string }

/** Whether it is to be read here; other lines are answers to exact repeats. */
export function isQuestionLine(text: string): boolean {
  return /^\s*\{\s*"question"\s*:/.test(text)
}

/** Undefined where its answer is not one of ours. The answer says for whom it is, of which partition, and until when. */
export function questionLine(
  { question, keyName, tags, answer }: StoredEntry,
  embedderId: string,
): string | undefined {
  if (readAnswerLine(answer).kind !== 'answer') return undefined
  const told = { question, embedder: embedderId, key_name: keyName ?? null, tags }
  return `${JSON.stringify(told).slice(0, -1)},"answer":${answer}}`
}

export function readQuestionLine(text: string): ReadQuestionLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'damaged', why: 'is not valid JSON, so that it was cut or changed' }
  }
  const { data, error } = line.safeParse(value)
  if (data === undefined) {
    const issue = error.issues[0]
    return {
      kind: 'damaged',
      why: `has a wrong \`${issue?.path.join('.') ?? ''}\` (${issue?.message ?? 'unknown'})`,
    }
  }
  const answer = JSON.stringify(data.answer)
  const read = readAnswerLine(answer)
  if (read.kind === 'damaged') return { kind: 'damaged', why: `has an answer that ${read.why}` }
  const { key: partition, tenant, workflow, createdAt, expiresAt } = read.answer
  const { question, key_name: keyName, tags } = data
  return {
    kind: 'question',
    embedderId: data.embedder,
    entry: {
      tenant,
      partition,
      workflow,
      keyName: keyName ?? undefined,
      tags,
      question,
      answer,
      createdAtMs: createdAt,
      expiresAtMs: expiresAt,
    },
  }
}
