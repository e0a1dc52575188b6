/** `trimtab advise`: edits of policies that the ledger speaks for, each as a diff with what it would come to. */
import type { LedgerReader } from '../metering/reports.ts'
import { editPolicy } from '../policy/edit-policy.ts'
import type { PolicyFile } from '../policy/parse-policy.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { LearnStore } from '../routing/learn/learn-store.ts'
import type { StoredEvidence } from '../storage/semantic-stats.ts'
import type { Advice, Proposal } from './advice.ts'
import { adviceLines } from './advice-text.ts'
import { exactAdvice, semanticAdvice } from './cache-advice.ts'
import { type LearnAdvice, learnAdvice, learnAdviceLines } from './learn-advice.ts'
import type { Output } from './output.ts'
import { promptAdvice, promptAdviceLines } from './prompt-advice.ts'
import { parseInstant } from './since.ts'
import { unifiedDiff } from './unified-diff.ts'

interface AdviseParts {
  reader: LedgerReader
  policies: PolicySet
  /** The texts of the policies. */
  files: readonly PolicyFile[]
  evidence: readonly StoredEvidence[]
  /** Looks at what routing learned; undefined where it did not. */
  withLearned: (use: (store: LearnStore) => LearnAdvice[]) => Promise<LearnAdvice[] | undefined>
  /** What routes could be edited to, by the traffic of a period in Unix milliseconds. */
  routeAdvice(period: { since: number; until: number }): Promise<readonly Proposal[]>
  /** Unix milliseconds. */
  now: number
}

export interface AdviseOptions {
  since?: string
  /** Nothing but the diffs of what is advised, for `patch`. */
  diff?: boolean
  json?: boolean
}

const MONTH_MS = 30 * 86_400_000

export function monthsOf({ since, until }: { since: number; until: number }): number {
  return (until - since) / MONTH_MS
}

/** Returns the exit code: 1 where an option is wrong. */
export async function adviseCommand(
  { since = '7d', diff, json }: AdviseOptions,
  { reader, policies, files, evidence, withLearned, routeAdvice, now }: AdviseParts,
  output: Output,
): Promise<number> {
  const from = parseInstant('--since', since, now)
  if (from.kind === 'problem') {
    output.error(from.message)
    return 1
  }
  const period = { since: from.value, until: now }
  const { rows } = await reader.report({ ...period, timeZone: 'UTC', by: ['workflow'], prefix: true })
  const ofCaches = rows.flatMap((row) => {
    const workflow = String(row.workflow)
    const policy = policies.byWorkflow.get(workflow) ?? policies.default
    const learned = evidence.filter((one) => one.workflow === workflow)
    const figures = { ...row, months: monthsOf(period) }
    return [...exactAdvice(workflow, policy, figures), ...semanticAdvice(workflow, policy, figures, learned)]
  })
  const proposals = [...ofCaches, ...(await routeAdvice(period))]
  const advice = proposals.map((proposal) => adviceOf(proposal, files))
  const months = monthsOf(period)
  const learning = (await withLearned((store) => learnAdvice(store, { policies, rows, months }))) ?? []
  const prompts = rows.flatMap((row) => promptAdvice(String(row.workflow), row, monthsOf(period)))
  if (diff === true) output.out(advisedDiffs(proposals, files).join('\n'))
  else if (json === true) output.out(JSON.stringify({ advice, learning, prompts }))
  else {
    const lines = [...learnAdviceLines(learning), ...promptAdviceLines(prompts)]
    for (const line of advice.length > 0 || lines.length === 0 ? adviceLines(advice) : []) output.out(line)
    for (const line of lines) output.out(line)
  }
  return 0
}

function adviceOf({ edit, ...proposal }: Proposal, files: readonly PolicyFile[]): Advice {
  const file = files.find(({ path }) => path === proposal.file)
  const text = file && editPolicy(file.text, edit.path, edit.value)
  return { ...proposal, diff: file === undefined || text === undefined ? null : diffOf(file, text) }
}

/** One a file, with everything in it that is advised: diffs of neighbouring lines do not apply one after the other. */
function advisedDiffs(proposals: readonly Proposal[], files: readonly PolicyFile[]): string[] {
  return files.flatMap((file) => {
    let { text } = file
    for (const { edit, verdict, file: edited } of proposals) {
      if (edited !== file.path || verdict === 'wait') continue
      text = editPolicy(text, edit.path, edit.value) ?? text
    }
    return text === file.text ? [] : [diffOf(file, text)]
  })
}

/** Named within its folder: `patch` refuses absolute names. */
function diffOf({ path, text: before }: PolicyFile, after: string): string {
  return unifiedDiff(path.split(/[/\\]/).at(-1) ?? path, before, after)
}
