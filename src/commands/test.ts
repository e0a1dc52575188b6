/** `trimtab test`: holds each policy to the examples in its own `tests:`. */
import { Failure } from '../errors.ts'
import { type ExplainSources, type Explanation, explain } from '../gateway/explained/explain.ts'
import type { ParsedPolicy, PolicyFile } from '../policy/parse-policy.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { ReadPolicies } from '../policy/policy-set.ts'
import { problemLine } from '../policy/problem.ts'
import type { Output } from './output.ts'
import { incomingOf } from './request-question.ts'
import { printable } from './table.ts'

interface TestParts {
  /** @throws Error whose message names the path that cannot be read */
  readFiles(): Promise<readonly PolicyFile[]>
  readPolicies(files: readonly PolicyFile[]): ReadPolicies
  sourcesFor(policies: PolicySet): ExplainSources
  now: number
}

type Example = ParsedPolicy['tests'][number]
type Expected = Example['expect']

/** Members are those of `test --json`. */
interface TestResult {
  file: string
  line: number
  workflow: string
  asked: string
  expected: Expected
  got: { rule: string; tier: string; target: string; workflow: string }
  passed: boolean
  /** Why nothing would be asked. */
  failure: string | null
}

const NONE = 'none'
const EXPECTATIONS = ['workflow', 'rule', 'tier', 'target'] as const

/** Returns the exit code: 0, or 1 where an example came out otherwise or a policy file is broken. */
export async function testCommand(
  { json }: { json?: boolean | undefined },
  parts: TestParts,
  output: Output,
): Promise<number> {
  const { set, parsed, problems } = parts.readPolicies(await parts.readFiles())
  if (set === undefined) {
    for (const problem of problems) if (problem.severity === 'error') output.error(problemLine(problem))
    output.error('The policies cannot be tested before they are sound.')
    return 1
  }
  const sources = parts.sourcesFor(set)
  const results = parsed.flatMap(({ policy, tests }) =>
    tests.map((test) => resultOf(policy.source, policy.workflow, test, sources, parts.now)),
  )
  const failed = results.filter(({ passed }) => !passed).length
  if (json) output.out(JSON.stringify({ ok: failed === 0, tests: results }, null, 2))
  else for (const line of [...results.map(resultLine), summary(results.length, failed)]) output.out(line)
  return failed === 0 ? 0 : 1
}

function resultOf(
  file: string,
  workflow: string,
  test: Example,
  sources: ExplainSources,
  now: number,
): TestResult {
  const told = { file, line: test.line, workflow, asked: asked(test), expected: test.expect }
  const { explanation, failure } = explanationOf(workflow, test, sources, now)
  const first = explanation?.targets[0]
  const documents = explanation?.documents.map(({ tier }) => tier) ?? []
  // Documents are asked before any model, and what they hold is none of a policy's tests.
  const asksFirst = first === undefined ? documents : [...documents, first.tier ?? NONE]
  const got = {
    workflow: explanation?.workflow.name ?? NONE,
    rule: explanation?.rules.find(({ outcome }) => outcome === 'matches')?.name ?? NONE,
    tier: asksFirst.join(', then ') || NONE,
    target: first?.target ?? NONE,
  }
  const passed = EXPECTATIONS.every(
    (name) =>
      test.expect[name] === undefined ||
      test.expect[name] === got[name] ||
      (name === 'tier' && asksFirst.some((tier) => tier === test.expect.tier)),
  )
  return { ...told, got, passed, failure }
}

function explanationOf(
  workflow: string,
  test: Example,
  sources: ExplainSources,
  now: number,
): { explanation: Explanation | undefined; failure: string | null } {
  try {
    const explanation = explain(incomingOf(questionOf(workflow, test), now), sources, true)
    return { explanation, failure: explanation.failure?.message ?? null }
  } catch (error) {
    if (error instanceof Failure) return { explanation: undefined, failure: error.message }
    throw error
  }
}

/** Where the workflow is what is tested, the request must find it by `match`; else it asks for this policy's. */
function questionOf(workflow: string, { prompt, request, key, tags, expect }: Example) {
  const asks = prompt === undefined ? { body: JSON.stringify({ model: 'auto', ...request }) } : { prompt }
  return {
    asks,
    key,
    tags:
      tags &&
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    workflow: expect.workflow === undefined ? workflow : undefined,
  }
}

function asked({ prompt, request }: Example): string {
  const text = (prompt ?? JSON.stringify(request)).replace(/\s+/g, ' ')
  return printable(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}

function resultLine(result: TestResult): string {
  const { file, line, expected, got, failure, passed } = result
  const head = `${passed ? 'ok  ' : 'FAIL'}  ${file}:${line}  ${result.asked}`
  const named = EXPECTATIONS.filter((name) => expected[name] !== undefined)
  if (passed) return `${head}  ->  ${named.map((name) => `${name} ${got[name]}`).join(', ')}`
  const wrong = named
    .filter((name) => expected[name] !== got[name])
    .map((name) => `expected ${name} ${expected[name]}, but got ${got[name]}`)
  return [
    `${head}  ->  ${wrong.join('; ')}`,
    ...(failure === null ? [] : [`      ${printable(failure)}`]),
  ].join('\n')
}

function summary(count: number, failed: number): string {
  if (count === 0) return 'No policy has tests: add some under `tests:`.'
  const tests = `${count} test${count === 1 ? '' : 's'}`
  return failed === 0 ? `${tests}: all as expected.` : `${tests}: ${failed} came out otherwise.`
}
