/** What `trimtab explain` tells of questions that mean the same, in sentences. */
import type { ExplainedMeaning } from '../gateway/explained/explained-meaning.ts'
import { span } from './span.ts'

/** Why a question is left to the model, by the word of its record. */
const INELIGIBLE: Readonly<Record<string, string>> = {
  endpoint: 'its endpoint asks no questions',
  tools: 'tools are in play',
  media: 'it holds more than text',
  'structured-output': 'its answer has a form of its own',
  'several-answers': 'it asks for several answers',
  seed: 'it names a seed',
  logprobs: 'it asks for more than the text of an answer',
  temperature: 'its temperature is above 1',
  stored: 'its provider is asked to keep it',
  continued: 'it goes on with what its provider keeps',
  'no-user-text': 'it does not end in a text of the user',
  empty: 'its last text says nothing',
  long: 'its last text is long',
  templated: 'its last text is a document or a form, more than a question',
  code: 'it is about code',
  language: 'its last text is not English',
  identity: 'it tells who somebody is',
  personal: 'it is about the caller',
  time: 'its answer depends on when it is asked',
  'live-data': 'its answer changes by the day',
  action: 'it asks for something to be done',
}

const UNSERVED: Readonly<Record<string, string>> = {
  'no candidate': 'nothing that is remembered means the same',
  'too risky': "its answer is likelier to be wrong than the workflow's evidence allows",
  'allowance spent': 'so much was served already that more could break the bound before audits have spoken',
}

export function meaningWords(meaning: ExplainedMeaning): string[] {
  const { mode, outcome, reason, ttl_ms, max_wrong_rate } = meaning
  const head = `The semantic cache is ${mode === 'shadow' ? 'in shadow' : mode}, keeps answers ${span(ttl_ms)} and may be wrong in ${percent(max_wrong_rate)} of requests`
  const said = candidateWords(meaning)
  if (outcome === 'unknown') return [`${head}; what it would do is not known: ${reason}.`]
  if (outcome === 'ineligible')
    return [`${head}; it would not be asked, because ${INELIGIBLE[reason ?? ''] ?? reason} (${reason}).`]
  if (outcome === 'hit') return [`${head}. It would answer, if no exact repeat does.`, ...said]
  if (outcome === 'shadow hit')
    return [`${head}. It would only count what its answer would have saved.`, ...said]
  return [`${head}. It would not answer: ${UNSERVED[reason ?? ''] ?? reason}.`, ...said]
}

function candidateWords({ candidate, reasons }: ExplainedMeaning): string[] {
  const layers = reasons.length === 0 ? [] : [`  layers: ${reasons.join('; ')}`]
  if (candidate === null) return layers
  const { question, similarity, risk, embedder, created_at, expires_at } = candidate
  return [
    `  nearest ${JSON.stringify(question)}, similarity ${similarity.toFixed(3)} by ${embedder}, risk ${percent(risk)}, of ${created_at}, until ${expires_at}`,
    ...layers,
  ]
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`
}
