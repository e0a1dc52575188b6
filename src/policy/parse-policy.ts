/** The text of one policy file → a policy with every default filled in, or what is wrong with it and where. */

import { suggestion } from '../nearest-name.ts'
import { isObject } from '../openai/is-object.ts'
import { boundProblems } from './bound-problems.ts'
import { escalationProblems } from './escalation-problems.ts'
import { lateDocuments } from './late-documents.ts'
import { learnProblems } from './learn-problems.ts'
import type { Policy } from './policy.ts'
import type { Problem } from './problem.ts'
import { rangeProblems } from './range-problems.ts'
import { type PolicyFileContent, policySchema, workflowName } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'
import type { PolicyExample } from './tests-schema.ts'
import { ruleName, toPolicy } from './to-policy.ts'
import { weightProblems } from './weight-problems.ts'
import { type Path, valueAt, YamlText } from './yaml-text.ts'

export interface PolicyFile {
  path: string
  text: string
}

/** Hex SHA-256 of a text's UTF-8 bytes. */
export type DigestOf = (text: string) => string

/** A model or a collection that a policy names, for `check` to confirm. */
interface ModelMention {
  name: string
  line: number
  column: number
}

export interface ParsedPolicy {
  policy: Policy
  warnings: readonly Problem[]
  models: readonly ModelMention[]
  /** Collections of documents that tiers name. */
  collections: readonly ModelMention[]
  /** What `trimtab test` holds it to, with the line of each. */
  tests: readonly (PolicyExample & { line: number })[]
  /** The file's places, for checks across files. */
  yaml: YamlText
}

const DIGEST_LENGTH = 16

export function parsePolicy(
  file: PolicyFile,
  digestOf: DigestOf,
): ParsedPolicy | { problems: readonly Problem[] } {
  const yaml = new YamlText(file.text, file.path)
  if (yaml.syntaxProblems.length > 0) return { problems: yaml.syntaxProblems }
  // The input is reported, so that a union's likeliest reading can be told by the kind of the value.
  const parsed = policySchema.safeParse(yaml.value, { reportInput: true })
  if (!parsed.success) return { problems: schemaProblems(parsed.error.issues, yaml) }

  const workflow = parsed.data.workflow ?? fileStem(file.path)
  const found = [
    ...nameProblems(workflow, yaml),
    ...ruleProblems(parsed.data, yaml),
    ...rangeProblems(parsed.data, yaml),
    ...budgetProblems(parsed.data, yaml),
    ...boundProblems(parsed.data, yaml),
    ...escalationProblems(parsed.data, yaml),
    ...learnProblems(parsed.data, yaml),
    ...weightProblems(parsed.data, yaml),
  ]
  if (found.some((problem) => problem.severity === 'error')) return { problems: found }
  return {
    policy: toPolicy(parsed.data, workflow, {
      source: file.path,
      digest: digestOf(file.text).slice(0, DIGEST_LENGTH),
    }),
    warnings: found,
    models: modelMentions(parsed.data, yaml),
    collections: collectionMentions(parsed.data, yaml),
    tests: parsed.data.tests.map((test, index) => ({ ...test, line: yaml.place(['tests', index]).line })),
    yaml,
  }
}

/** `support` for `policies/support.yaml`. */
export function fileStem(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? path).replace(/\.ya?ml$/i, '')
}

/** The file's name stands in for a workflow's, and so must be fit for one. */
function nameProblems(workflow: string, yaml: YamlText): Problem[] {
  if (workflowName.safeParse(workflow).success) return []
  return [
    yaml.problem(
      [],
      `\`${workflow}\`, the file's name, cannot be a workflow's name; add \`workflow: NAME\`.`,
    ),
  ]
}

/** Tiers that rules name must exist, names be unique, and no rule stand behind one that matches everything. */
function ruleProblems(content: PolicyFileContent, yaml: YamlText): Problem[] {
  const rules = content.route?.rules ?? []
  const base: Path = Array.isArray(valueAt(yaml.value, ['route'])) ? ['route'] : ['route', 'rules']
  const tiers = Object.keys(content.tiers)
  const problems: Problem[] = []
  const names = new Set<string>()
  let catchAll: string | undefined
  for (const [index, rule] of rules.entries()) {
    const path = [...base, index]
    const name = ruleName(rule, index)
    if (names.has(name))
      problems.push(yaml.problem([...path, 'name'], `The rule name \`${name}\` is here twice.`))
    names.add(name)
    problems.push(...unknownTiers(rule.to, tiers, [...path, 'to'], yaml))
    problems.push(...lateDocuments(rule.to, content, [...path, 'to'], yaml))
    if (catchAll !== undefined) {
      const message = `The rule \`${name}\` is never reached: \`${catchAll}\` before it matches everything.`
      problems.push(yaml.problem(path, message, { severity: 'warning' }))
    } else if (Object.keys(rule.when).length === 0) {
      catchAll = name
    }
  }
  return problems
}

/** Tiers that budgets name must exist, and have models: those that stand before one of documents are documents. */
function budgetProblems(content: PolicyFileContent, yaml: YamlText): Problem[] {
  const tiers = Object.keys(content.tiers)
  return content.budgets.flatMap(({ at }, index) =>
    Object.entries(at).flatMap(([share, action]) => {
      if (typeof action === 'string') return []
      const path: Path = ['budgets', index, 'at', share, 'degrade']
      if (content.tiers[action.degrade]?.collection === undefined)
        return unknownTiers([action.degrade], tiers, path, yaml)
      const message = `\`${action.degrade}\` is a tier of documents, before which nothing is left out; name one of models.`
      return [yaml.problem(path, message, { severity: 'warning' })]
    }),
  )
}

function unknownTiers(
  to: readonly string[],
  tiers: readonly string[],
  path: Path,
  yaml: YamlText,
): Problem[] {
  const isList = Array.isArray(valueAt(yaml.value, path))
  return to.flatMap((tier, index) => {
    if (tiers.includes(tier)) return []
    const hint = suggestion(tier, tiers) || (tiers.length > 0 ? `; the tiers are ${tiers.join(', ')}.` : '.')
    return [yaml.problem(isList ? [...path, index] : path, `There is no tier \`${tier}\`${hint}`)]
  })
}

function collectionMentions({ tiers }: PolicyFileContent, yaml: YamlText): ModelMention[] {
  return Object.entries(tiers).flatMap(([name, { collection }]) =>
    collection === undefined ? [] : [{ name: collection, ...yaml.place(['tiers', name, 'collection']) }],
  )
}

function modelMentions(content: PolicyFileContent, yaml: YamlText): ModelMention[] {
  const mentions = Object.entries(content.tiers).flatMap(([name, tier]) => {
    const path: Path = ['tiers', name, 'use']
    const isList = Array.isArray(valueAt(yaml.value, path))
    return (tier.use ?? []).map((use, index) => ({
      name: typeof use === 'string' ? use : use.model,
      ...yaml.place(isList ? [...path, index] : path),
    }))
  })
  const { baseline, cache, route } = content
  const scorer: Path = ['route', 'difficulty']
  const others: [name: string | undefined, path: Path][] = [
    [baseline, ['baseline']],
    [route?.learn?.judge, ['route', 'learn', 'judge']],
    [route?.difficulty?.model, isObject(valueAt(yaml.value, scorer)) ? [...scorer, 'model'] : scorer],
    [cache.semantic?.judge, ['cache', 'semantic', 'judge']],
  ]
  return [
    ...mentions,
    ...others.flatMap(([name, path]) => (name === undefined ? [] : [{ name, ...yaml.place(path) }])),
  ]
}
