/** Twenty prompts as `explain` tells them, for the README: what is read of each, by which words, and where it would go. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { difficultyWords } from '../../src/commands/reading-text.ts'
import { explainRules } from '../../src/gateway/explained/explained-rules.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Classifier } from '../../src/routing/classifier.ts'
import { Facts } from '../../src/routing/facts.ts'
import type { Rule } from '../../src/routing/rule.ts'

const POLICY = 'examples/policies/by-what-is-asked.yaml'
const root = fileURLToPath(new URL('../..', import.meta.url))
const SHOWN = 64

const PROMPTS: readonly string[] = [
  'Hi there!',
  'Translate to French: the train leaves at nine.',
  'Summarise this meeting in three bullet points: Ann will call the supplier, Bob is ill.',
  'Rewrite this so that it sounds friendlier: pay now.',
  'Extract every date from the text: signed on 3 May, valid until 9 June.',
  'Is this review positive or negative? Classify it: the soup was cold.',
  'Write a Python function that merges two sorted lists.',
  'Why does `const x = [1, 2` not parse in JavaScript?',
  'What is the weather in Oslo?',
  'Who is the prime minister of Norway?',
  'Solve 3x + 4 = 19 for x.',
  'Write a haiku about snow.',
  'Write an email to my landlord about the broken heating.',
  'Give me ten ideas for a birthday party.',
  'Plan a three-day itinerary for Rome.',
  'Compare the economic policies of France and Germany.',
  'I want you to act as an interviewer for a nursing job.',
  'Wie lange dauert es, bis Brot gebacken ist?',
  'Which of these is a noble gas?\nA. Oxygen\nB. Neon\nC. Nitrogen\nD. Chlorine\nAnswer:',
  'Find the order of the factor group (Z_11 x Z_15)/(<1, 1>).\nA. 1\nB. 2\nC. 5\nD. 11\nAnswer:',
]

/** A table in Markdown. */
export function explainedPrompts(prior: Classifier): string {
  const rules = rulesOf(POLICY)
  const head = ['prompt', 'task (by)', 'difficulty (by)', 'besides', 'rule → tier']
  const rows = PROMPTS.map((prompt) => cells(prompt, prior, rules))
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function cells(prompt: string, prior: Classifier, rules: readonly Rule[]): string[] {
  const facts = factsOf(prompt, prior)
  const why = facts.reading.why()
  const found = explainRules(rules, facts).find(({ outcome }) => outcome === 'matches')
  const besides = [
    facts.language,
    ...(facts.code ? [`code (${why.code[0]})`] : []),
    ...(facts.timeDependent ? [`of the moment (${why.timeDependent[0]})`] : []),
  ]
  return [
    prompt.length > SHOWN ? `${prompt.slice(0, SHOWN - 1)}…` : prompt,
    `${facts.task} (${why.task.slice(0, 2).join(', ')})`,
    facts.difficulty === 'unknown'
      ? 'unknown'
      : `${difficultyWords(facts.difficulty)} (${why.difficulty.join(', ')})`,
    besides.join(', '),
    `${found?.name} → ${found?.to[0]}`,
  ].map((cell) => cell.replace(/\n/g, ' ⏎ ').replaceAll('|', '\\|'))
}

function factsOf(prompt: string, classifier: Classifier): Facts {
  const body = JSON.stringify({ model: 'assistant', messages: [{ role: 'user', content: prompt }] })
  return new Facts({
    request: parseModelRequest('chat/completions', new TextEncoder().encode(body)),
    keyName: undefined,
    tags: {},
    bytesPerToken: 4,
    hourIn: () => 12,
    classifier,
  })
}

function rulesOf(path: string): readonly Rule[] {
  const parsed = parsePolicy({ path, text: readFileSync(join(root, path), 'utf8') }, (text) =>
    hash('sha256', text),
  )
  if ('problems' in parsed) throw new Error(`${path} is not sound.`)
  return parsed.policy.route.rules
}
