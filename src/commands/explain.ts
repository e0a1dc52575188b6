/** `trimtab explain`: what would become of a request, and why, without sending it. */

import type { ExplainSources } from '../gateway/explain.ts'
import { type ExplainedRule, type ExplainedTarget, type Explanation, explain } from '../gateway/explain.ts'
import type { FactRecord } from '../routing/facts.ts'
import type { Output } from './output.ts'
import { incomingOf, type RequestQuestion } from './request-question.ts'
import { printable, textTable, usd } from './table.ts'

/** Returns the exit code: 0, or 1 where the caller would get an error instead of an answer. */
export function explainCommand(
  question: RequestQuestion,
  { json }: { json?: boolean | undefined },
  parts: { sources: ExplainSources; now: number },
  output: Output,
): number {
  const explanation = explain(incomingOf(question, parts.now), parts.sources)
  if (json) output.out(JSON.stringify(explanation, null, 2))
  else output.out(explanationText(explanation))
  return explanation.failure === null ? 0 : 1
}

/** Lines, without a final newline. */
function explanationText(explanation: Explanation): string {
  const paragraphs = [
    `${workflowWords(explanation.workflow)}\n${factWords(explanation.facts)}`,
    ruleWords(explanation),
    explanation.reasons.join('\n'),
    ending(explanation),
  ]
  return paragraphs
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => paragraph.split('\n').map(printable).join('\n'))
    .join('\n\n')
}

function workflowWords({ name, policy, file, because }: Explanation['workflow']): string {
  const where = file === 'built-in' ? 'the built-in policy, since no file says anything' : file
  if (policy !== name) {
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
  const { endpoint, model, tokens, has, tools, ...others } = facts
  const media = Array.isArray(has) && has.length > 0 ? `with ${has.join(', ')}` : 'text alone'
  const hours = Object.entries(others).map(([name, value]) => `${name}: ${String(value)}`)
  const said = [
    `${endpoint}`,
    model === undefined ? 'no model' : `model ${String(model)}`,
    `about ${Number(tokens).toLocaleString('en-US')} tokens`,
    media,
    tools ? 'with tools' : 'no tools',
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

function ending(explanation: Explanation): string {
  const { failure, targets, max_tokens, rule, limits, fallback, estimate } = explanation
  if (failure !== null)
    return `It would be refused with ${failure.status} ${failure.code}: ${failure.message}`
  const lines = [
    targets.length === 1 ? 'It would go to' : 'It would go to the first of these that answers',
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
  if (max_tokens !== null) {
    lines.push(`The answer is capped at ${max_tokens} tokens${rule === null ? '' : ` (rule ${rule})`}.`)
  }
  if (estimate !== null) lines.push(estimateWords(estimate, targets[0]?.target ?? ''))
  return lines.join('\n')
}

function limitWords(limits: Explanation['limits']): string {
  const { timeout_ms, connect_ms, first_chunk_ms, between_chunks_ms, retries } = limits
  return `Within ${span(timeout_ms)} in all: ${span(connect_ms)} to connect, ${span(first_chunk_ms)} to the first chunk, ${span(between_chunks_ms)} between chunks, up to ${retries} retries on a target.`
}

/** As policies write durations. */
function span(durationMs: number): string {
  if (durationMs % 3_600_000 === 0) return `${durationMs / 3_600_000}h`
  if (durationMs % 60_000 === 0) return `${durationMs / 60_000}m`
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`
}

function targetCells({ tier, target, listed, replicas, key, edits }: ExplainedTarget): readonly string[] {
  const known = listed ? 'lists it' : 'does not list it; asked all the same'
  return [
    tier ?? '–',
    target,
    replicas > 1 ? `${known}, ${replicas} replicas` : known,
    key,
    edits.length === 0 ? 'none' : edits.join(', '),
  ]
}

function estimateWords(estimate: NonNullable<Explanation['estimate']>, target: string): string {
  const { input_tokens, input_usd, output_usd_per_1k_tokens, price } = estimate
  if (input_usd === null || output_usd_per_1k_tokens === null) {
    return `No price of ${target} is known; set it under \`prices.overrides\`.`
  }
  return `At ${target}, about ${input_tokens.toLocaleString('en-US')} tokens cost ${usd(input_usd)} to read, and the answer ${usd(output_usd_per_1k_tokens)} for each 1,000 tokens (${price}).`
}
