/** Whether an answer suffices, told by what was heard of it: pure. */
import type { InsufficiencyNote } from '../metering/decision.ts'
import type { AskedShape } from '../openai/asked-shape.ts'
import type { HeardAnswer, HeardCall } from '../openai/heard-answer.ts'
import { parseJson } from '../openai/parse-json.ts'
import { keepsToSchema } from '../openai/schema-check.ts'
import type { Escalation } from './escalation.ts'
import { declines } from './refusal-words.ts'
import { repetition } from './repetition.ts'

/** What told that an answer does not suffice. */
export interface Insufficiency extends InsufficiencyNote {
  /** Half a sentence about the answer, without a word of it. */
  because: string
}

/** Share of repeated runs of words beyond which a text is caught in a loop; prose and lists stay far below. */
const LOOP = 0.5

/** `isWhole`: nothing more will be said. Undefined where the answer suffices as far as it was heard. */
export function insufficiency(
  escalation: Escalation,
  heard: HeardAnswer,
  shape: AskedShape,
  isWhole: boolean,
): Insufficiency | undefined {
  const { text, calls, hasOther } = heard
  if (escalation.refused && refuses(heard, isWhole)) return { signal: 'refused', because: 'it refuses' }
  const says = text.trim() !== '' || calls.length > 0 || hasOther
  if (!says) return isWhole && escalation.empty ? { signal: 'empty', because: 'it says nothing' } : undefined
  const invalid = escalation.invalidJson && isWhole ? brokenShape(heard, shape) : undefined
  if (invalid !== undefined) return { signal: 'invalid_json', because: invalid }
  // What keeps to its schema may repeat itself as the schema wants.
  const repeated = shape.json === undefined || !isWhole ? repetition(text) : undefined
  if (escalation.loops && repeated !== undefined && repeated > LOOP) {
    return { signal: 'loops', value: rounded(repeated), threshold: LOOP, because: 'it repeats itself' }
  }
  return unsure(escalation, heard, repeated)
}

function refuses({ text, refusal, calls, finishReason }: HeardAnswer, isWhole: boolean): boolean {
  if (refusal !== '' || finishReason === 'content_filter') return true
  return calls.length === 0 && declines(text, isWhole)
}

function unsure(
  { confidenceBelow: threshold }: Escalation,
  { margins }: HeardAnswer,
  repeated: number | undefined,
): Insufficiency | undefined {
  if (threshold === undefined) return undefined
  const by = margins.length > 0 ? 'logprobs' : 'repetition'
  const value = by === 'logprobs' ? mean(margins) : 1 - (repeated ?? 0)
  if (value >= threshold) return undefined
  return { signal: 'confidence', value: rounded(value), threshold, by, because: 'the model was unsure of it' }
}

/** Half a sentence; undefined where nothing is broken. */
function brokenShape({ text, calls }: HeardAnswer, { json, tools }: AskedShape): string | undefined {
  for (const call of calls) {
    const broken = tools === undefined ? undefined : brokenCall(call, tools)
    if (broken !== undefined) return broken
  }
  if (json === undefined || calls.length > 0) return undefined
  const value = parseJson(text)
  if (value === undefined) return 'it is not the JSON that was asked for'
  if (json.schema === undefined || keepsToSchema(value, json.schema)) return undefined
  return 'it breaks the schema that was asked for'
}

function brokenCall(
  { name, arguments: said }: HeardCall,
  tools: ReadonlyMap<string, unknown>,
): string | undefined {
  if (!tools.has(name)) return 'it calls a tool that was not declared'
  // No arguments may be said as nothing at all.
  const value = parseJson(said.trim() === '' ? '{}' : said)
  if (value === undefined) return "a tool's arguments are not JSON"
  const schema = tools.get(name)
  return schema === undefined || keepsToSchema(value, schema)
    ? undefined
    : "a tool's arguments break its schema"
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
