/** What `trimtab explain` tells, in sentences. */

import type { Explanation } from '../gateway/explained/explain.ts'
import type { ExplainedRule } from '../gateway/explained/explained-rules.ts'
import type { ExplainedTarget } from '../gateway/explained/explained-target.ts'
import type { Foretold } from '../gateway/explained/foretell.ts'
import type { FactRecord } from '../routing/facts.ts'
import { escalationWords, sessionWords } from './escalation-text.ts'
import { hourlyPrice } from './hourly-text.ts'
import { readingWords } from './reading-text.ts'
import { span } from './span.ts'
import { standingWords } from './standing-text.ts'
import { printable, textTable, usd } from './table.ts'

/** Lines, without a final newline. */
export function explanationText(explanation: Foretold): string {
  const paragraphs = [
    `${workflowWords(explanation.workflow)}\n${factWords(explanation.facts)}`,
    readingWords(explanation),
    ruleWords(explanation),
    explanation.reasons.join('\n'),
    standingWords(explanation),
    documentWords(explanation),
    ending(explanation),
    explanation.notes.join('\n'),
  ]
  return paragraphs
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => paragraph.split('\n').map(printable).join('\n'))
    .join('\n\n')
}

function workflowWords(workflow: Explanation['workflow']): string {
  return [belongsWords(workflow), canaryWords(workflow)].filter((words) => words !== '').join(' ')
}

function canaryWords({ canary }: Explanation['workflow']): string {
  if (canary === null) return ''
  const { policy, share, follows } = canary
  const percent = `${Number((share * 100).toPrecision(4))}%`
  if (follows === null) {
    return `Of its requests ${percent} follow the policy ${policy} instead, drawn one by one where they name no session and no user.`
  }
  return follows
    ? `It is of the ${percent} that follow the policy ${policy}, as all of its session or user are.`
    : `It is not of the ${percent} that follow the policy ${policy}, nor is any other of its session or user.`
}

function belongsWords({ name, policy, file, because, canary }: Explanation['workflow']): string {
  const where = file === 'built-in' ? 'the built-in policy, since no file says anything' : file
  if (policy !== name && canary?.follows !== true) {
    return `This request is labelled ${name}, which has no policy of its own, so the default one decides: ${policy} (${where}).`
  }
  const why = {
    header: 'because the caller asks for it',
    model: 'because the model asked for is its name',
    match: 'because its `match` holds',
    default: 'because nothing else claims the request',
  }[because]
  return `This request belongs to the workflow ${name} (${where}), ${why}.`
}

function factWords(facts: FactRecord): string {
  const { endpoint, model, tokens, has, tools, turns, output_shape } = facts
  const media = Array.isArray(has) && has.length > 0 ? `with ${has.join(', ')}` : 'text alone'
  const hours = Object.entries(facts)
    .filter(([name]) => name.startsWith('hour '))
    .map(([name, value]) => `${name}: ${String(value)}`)
  const said = [
    `${endpoint}`,
    model === undefined ? 'no model' : `model ${String(model)}`,
    `about ${Number(tokens).toLocaleString('en-US')} tokens`,
    media,
    tools ? 'with tools' : 'no tools',
    `turn ${String(turns)}`,
    `answer as ${String(output_shape)}`,
    ...hours,
  ]
  return `It is ${said.join(', ')}.`
}

function ruleWords({ rules, route }: Explanation): string {
  if (rules.length === 0) return 'Its policy has no rules.'
  const head = route.acts
    ? 'Its rules, of which the first that matches decides:'
    : 'Its rules only watch, because the route is in shadow:'
  const marks: Record<ExplainedRule['outcome'], string> = { matches: '=>', fails: ' x', 'not reached': ' .' }
  const width = Math.max(...rules.map(({ name }) => name.length))
  const lines = rules.map(({ name, outcome, because, to }) => {
    const why = because === '' ? (outcome === 'matches' ? 'always holds' : 'not reached') : because
    return `  ${marks[outcome]} ${name.padEnd(width)}  ${why}${outcome === 'matches' ? ` -> ${to.join(', ')}` : ''}`
  })
  return [head, ...lines].join('\n')
}

function documentWords({ documents }: Explanation): string {
  return documents
    .map(({ tier, collection, mode, outcome, reason, confidence, source }) => {
      const head = `Tier ${tier} asks the documents of ${collection}`
      if (outcome === 'not reached') return `${head}, but is not reached.`
      const sure = confidence === null ? '' : `, ${(confidence * 100).toFixed(1)} % sure`
      const where = source === null ? '' : ` (best: ${source}${sure})`
      if (outcome !== 'answers') return `${head}, which abstain: ${reason ?? 'they were not asked'}${where}.`
      const how = mode === 'quote' ? 'quotes' : 'has its models phrase an answer from'
      return `${head} and ${how} ${source}${sure}.`
    })
    .join('\n')
}

function ending(explanation: Foretold): string {
  const { failure, targets, max_tokens, max_tokens_by, rule, limits, fallback, estimate, escalate, session } =
    explanation
  if (failure !== null)
    return `It would be refused with ${failure.status} ${failure.code}: ${failure.message}`
  const { cache } = explanation
  const fromMemory = cache.outcome === 'hit' || cache.semantic?.outcome === 'hit'
  const fromDocuments = explanation.documents.some(({ outcome }) => outcome === 'answers')
  if (targets.length === 0) return 'It has no model to go to where documents abstain.'
  const goes = fromMemory
    ? 'Once that is forgotten, it would go to'
    : fromDocuments
      ? 'Where documents abstained, it would go to'
      : 'It would go to'
  const lines = [
    targets.length === 1 ? goes : `${goes} the first of these that answers`,
    textTable(
      [
        { title: 'tier', align: 'left' },
        { title: 'target', align: 'left' },
        { title: 'the provider', align: 'left' },
        { title: 'key', align: 'left' },
        { title: 'edits of the body', align: 'left' },
      ],
      targets.map(targetCells),
    ),
    '',
    limitWords(limits),
  ]
  if (targets.length > 1) lines.push(`It moves on at: ${fallback.join(', ') || 'nothing'}.`)
  if (escalate !== null) lines.push(escalationWords(escalate))
  if (session !== null) lines.push(sessionWords(session))
  if (max_tokens !== null) {
    lines.push(
      `The answer is capped at ${max_tokens} tokens${max_tokens_by === 'rule' ? ` (rule ${rule})` : ''}.`,
    )
  }
  if (estimate !== null) lines.push(estimateWords(estimate, targets[0]?.target ?? ''))
  return lines.join('\n')
}

function limitWords(limits: Explanation['limits']): string {
  const { timeout_ms, connect_ms, first_chunk_ms, between_chunks_ms, retries } = limits
  return `Within ${span(timeout_ms)} in all: ${span(connect_ms)} to connect, ${span(first_chunk_ms)} to the first chunk, ${span(between_chunks_ms)} between chunks, up to ${retries} retries on a target.`
}

function targetCells({
  tier,
  target,
  listed,
  replicas,
  replica_by: by,
  key,
  edits,
}: ExplainedTarget): readonly string[] {
  const known = listed ? 'lists it' : 'does not list it; asked all the same'
  return [
    tier ?? '–',
    target,
    by === null ? known : `${known}, one of ${replicas} replicas by ${by}`,
    key,
    edits.length === 0 ? 'none' : edits.join(', '),
  ]
}

function estimateWords(estimate: NonNullable<Explanation['estimate']>, target: string): string {
  const { input_tokens, input_usd, output_usd_per_1k_tokens, price, usd_per_hour, replicas } = estimate
  if (usd_per_hour !== undefined) return `${target} costs ${hourlyPrice(usd_per_hour, replicas ?? 1)}.`
  if (input_usd === null || output_usd_per_1k_tokens === null) {
    return `No price of ${target} is known; set it under \`prices.overrides\`.`
  }
  return `At ${target}, about ${input_tokens.toLocaleString('en-US')} tokens cost ${usd(input_usd)} to read, and the answer ${usd(output_usd_per_1k_tokens)} for each 1,000 tokens (${price}).`
}
