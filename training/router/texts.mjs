// The questions that shape the prior, and those that stand for everything else: licensed sets only (data/README.md says which).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Small models of MMLU-Pro's: from 3 billion parameters to a mixture of eight times seven. */
export const SMALL = ['Phi-3-mini-4k-instruct', 'Mistral-7B-Instruct-v0.2', 'Mixtral-8x7B-Instruct-v0.1']
const LETTERS = 'ABCDEFGHIJKLMNOP'
/** Two questions that begin alike are one, as the protocol has it. */
const PREFIX = 120

export function rows(data, name) {
  const text = gunzipSync(readFileSync(join(data, `${name}.jsonl.gz`))).toString('utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** `{ text, question, options, subject, weak, strong }` of RouteLLM's half of MMLU, graded as Mixtral-8x7B and GPT-4. */
export function mmlu(data) {
  return rows(data, 'routing/routellm_mmlu_half').map(({ prompt, subject, weak_correct, strong_correct }) => {
    const [question] = prompt.split('\nA. ')
    const options = prompt
      .slice(question.length + 1)
      .replace(/\nAnswer:$/, '')
      .split(/\n(?=[B-D]\. )/)
      .map((option) => option.replace(/^[A-D]\. /, ''))
    return {
      text: prompt,
      question,
      options,
      subject,
      weak: Number(weak_correct),
      strong: Number(strong_correct),
      small: Number(weak_correct),
    }
  })
}

/** The same of MMLU-Pro, less what begins like a question of `known`; `correct` has all its models. */
export function mmluPro(data, known = []) {
  const begun = new Set(known.map(({ question }) => beginning(question)))
  return rows(data, 'routing/mmlu_pro')
    .filter(({ question }) => !begun.has(beginning(question)))
    .map(({ question, options, category, correct }) => {
      const asked = question.trim()
      const small = SMALL.reduce((sum, model) => sum + Number(correct[model] ?? false), 0) / SMALL.length
      return {
        text: multipleChoice(asked, options),
        question: asked,
        options,
        subject: category,
        correct,
        small,
      }
    })
}

export function multipleChoice(question, options) {
  return [question, ...options.map((option, at) => `${LETTERS[at]}. ${option}`), 'Answer:'].join('\n')
}

/** What people ask of assistants, banks, search and databases, and what arena-hard collects. */
export function others(data) {
  return {
    clinc150: rows(data, 'intent/clinc150').map(({ text }) => text),
    banking77: rows(data, 'intent/banking77_train').map(({ text }) => text),
    nq_open: rows(data, 'questions/nq_open_dev').map(({ question }) => question),
    same_table: rows(data, 'cache/same_table').map(({ question }) => question),
    disfl_qa: rows(data, 'cache/disfl_qa_train').map(({ original }) => original),
    arena_hard: rows(data, 'questions/arena_hard_v0.1').map(({ prompt }) => prompt),
  }
}

function beginning(question) {
  return question.toLowerCase().replace(/\s+/g, ' ').trim().slice(0, PREFIX)
}
