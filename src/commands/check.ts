/** `trimtab check [FILES]`: what is wrong with policy files, where, and what may have been meant. */
import { suggestion } from '../nearest-name.ts'
import type { DigestOf, ParsedPolicy, PolicyFile } from '../policy/parse-policy.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { type Problem, problemLine } from '../policy/problem.ts'
import type { Scorer } from '../routing/scorer.ts'
import type { Output } from './output.ts'

interface CheckOptions {
  /** Files or folders; empty: the policies folder. */
  files: readonly string[]
  /** Models that cannot be confirmed fail the check. */
  strict: boolean
  json: boolean
}

interface CheckParts {
  policiesFolder: string
  /** @throws Error whose message names the path that cannot be read */
  readPaths(paths: readonly string[]): Promise<readonly PolicyFile[]>
  /** Hex SHA-256. */
  digestOf: DigestOf
  /** `provider/*` is asked as it stands. */
  confirmModel(name: string): ModelStanding
  /** Why a classifier cannot tell how hard a request is, in words that go on after its name; undefined: as far as is known, it can. */
  scorerFault(scorer: Scorer): string | undefined
  /** Names of the collections that hold documents. */
  collections: readonly string[]
  /** Why images cannot be made smaller here, as half a sentence; undefined where they can. Asked where a policy wants it. */
  imagesFault(): Promise<string | undefined>
}

/** `listedBy`: several providers list the bare name, and the first of them answers. */
export type ModelStanding = 'known' | 'unknown' | { listedBy: readonly string[] }

/** Returns the exit code: 0 fine, 1 where something is wrong, a path that is not there too. */
export async function check(options: CheckOptions, parts: CheckParts, output: Output): Promise<number> {
  let files: readonly PolicyFile[]
  try {
    files = await parts.readPaths(options.files.length > 0 ? options.files : [parts.policiesFolder])
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error))
    return 1
  }
  const { problems: found, parsed } = readPolicies(files, parts.digestOf)
  const problems = inPlace([
    ...found,
    ...parsed.flatMap((policy) => doubtfulModels(policy, parts.confirmModel, options.strict)),
    ...parsed.flatMap((policy) => emptyCollections(policy, parts.collections)),
    ...parsed.flatMap((policy) => muteScorer(policy, parts.scorerFault)),
    ...(await unfittedImages(parsed, parts)),
  ])
  const errors = problems.filter((problem) => problem.severity === 'error').length
  if (options.json) {
    output.out(JSON.stringify({ ok: errors === 0, files: files.map((file) => file.path), problems }, null, 2))
  } else {
    for (const problem of problems) output.out(problemLine(problem))
    output.out(summary(files.length, errors, problems.length - errors))
  }
  return errors === 0 ? 0 : 1
}

function doubtfulModels(
  { policy, models }: ParsedPolicy,
  confirmModel: CheckParts['confirmModel'],
  strict: boolean,
): Problem[] {
  return models.flatMap(({ name, line, column }): Problem[] => {
    const standing = confirmModel(name)
    if (standing === 'known') return []
    const place = { file: policy.source, line, column, value: JSON.stringify(name) }
    if (standing !== 'unknown') {
      const [first = '', ...others] = standing.listedBy
      const message = `\`${name}\` leads to ${first}, but ${others.join(' and ')} has it too; write \`${first}/${name}\` to be sure.`
      return [{ ...place, severity: 'warning', message }]
    }
    const message = `No configured provider lists the model \`${name}\`; check its spelling, or list it under the provider's \`models\`.`
    return [{ ...place, severity: strict ? 'error' : 'warning', message }]
  })
}

/** Requests are served all the same, by the prior that ships. */
function muteScorer({ policy, yaml }: ParsedPolicy, faultOf: CheckParts['scorerFault']): Problem[] {
  const { scorer } = policy.route
  const fault = scorer && faultOf(scorer)
  if (fault === undefined) return []
  const message = `\`${scorer?.model}\` ${fault}; the prior tells \`difficulty\` in its place.`
  return [yaml.problem(['route', 'difficulty'], message, { severity: 'warning' })]
}

/** They may be added later, on this machine or another. */
function emptyCollections({ policy, collections }: ParsedPolicy, there: readonly string[]): Problem[] {
  return collections.flatMap(({ name, line, column }): Problem[] => {
    if (there.includes(name)) return []
    const hint = suggestion(name, there) || `; \`trimtab knowledge add PATH --collection ${name}\` fills it.`
    const message = `The collection \`${name}\` holds no documents, so that its tier abstains${hint}`
    return [{ file: policy.source, line, column, value: JSON.stringify(name), severity: 'warning', message }]
  })
}

async function unfittedImages(
  parsed: readonly ParsedPolicy[],
  { imagesFault }: CheckParts,
): Promise<Problem[]> {
  const asking = parsed.filter(({ policy }) => policy.input?.images !== undefined)
  const fault = asking.length === 0 ? undefined : await imagesFault()
  if (fault === undefined) return []
  const message = `Images are not made smaller here: ${fault}.`
  return asking.map(({ yaml }) => yaml.problem(['input', 'images'], message, { severity: 'warning' }))
}

/** By file as they were read, then by place. */
function inPlace(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))]
  return [...problems].sort(
    (one, other) =>
      files.indexOf(one.file) - files.indexOf(other.file) ||
      one.line - other.line ||
      one.column - other.column,
  )
}

function summary(files: number, errors: number, warnings: number): string {
  const checked = counted(files, 'policy file')
  if (errors + warnings === 0) return `${checked}: fine.`
  const found = [errors > 0 && counted(errors, 'error'), warnings > 0 && counted(warnings, 'warning')]
  return `${checked}: ${found.filter(Boolean).join(', ')}.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
