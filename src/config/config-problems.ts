/** What is wrong with configuration, at its place in the file or under the name of the variable or flag. */
import { nearestName } from '../nearest-name.ts'
import { type Problem, problemLine } from '../policy/problem.ts'
import { schemaProblems } from '../policy/schema-problems.ts'
import type { Path } from '../policy/yaml-text.ts'
import { ENVIRONMENT_TWINS, type Environment } from './environment.ts'
import { type Layer, layerAt } from './layers.ts'

/** One line for the operator: `file:line:column  message`, or the variable or flag at fault. */
export function configProblemLine(problem: Problem): string {
  if (!/^(?:TRIMTAB_|--)/.test(problem.file)) return problemLine(problem)
  return `${problem.file}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`
}

type Issue = Parameters<typeof schemaProblems>[0][number]

export function issueProblems(issue: Issue, layers: readonly Layer[]): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  const layer = layerAt(layers, path)
  if (layer === undefined) return []
  return schemaProblems([issue], layer.yaml).map((problem) => {
    const message = problem.message.replace(/^The policy /, 'The configuration ')
    const { value, ...rest } = { ...problem, message }
    return placed(
      path.includes('api_key') || path.includes('environment') || path[0] === 'traces'
        ? rest
        : { ...rest, ...(value === undefined ? {} : { value }) },
      layer,
    )
  })
}

export function missingVariable(layer: Layer, { variable, path }: { variable: string; path: Path }): Problem {
  const message = `\`${path.join('.')}\` needs the environment variable ${variable}, which is not set.`
  return placed(layer.yaml.problem(path, message), layer)
}

/** A variable or a flag is one line. */
export function placed(problem: Problem, layer: Layer): Problem {
  return layer.origin === 'file' ? problem : { ...problem, line: 1, column: 1 }
}

/** Only near misses: what else is called so is the deployment's own business. */
export function mistypedVariables(environment: Environment, used: ReadonlyMap<string, string>): Problem[] {
  const known = ENVIRONMENT_TWINS.map((twin) => twin.variable)
  const others = ['TRIMTAB_ADMIN_KEY', 'TRIMTAB_CONFIG', 'TRIMTAB_URL']
  return Object.keys(environment).flatMap((variable) => {
    if (!variable.startsWith('TRIMTAB_') || used.has(variable)) return []
    if (known.includes(variable) || others.includes(variable)) return []
    const tail = variable.slice('TRIMTAB_'.length)
    const meant = nearestName(
      tail,
      known.map((name) => name.slice('TRIMTAB_'.length)),
    )
    if (meant === undefined) return []
    const message = `The variable stands for no key; did you mean \`TRIMTAB_${meant}\`?`
    return [{ file: variable, line: 1, column: 1, severity: 'warning' as const, message }]
  })
}

/** A reference in the wrong place must not print what it refers to. */
export function withoutSecrets(problem: Problem, used: ReadonlyMap<string, string>): Problem {
  let { message, value } = problem
  for (const [variable, secret] of used) {
    if (secret.length < 8) continue
    for (const shape of [secret, `${secret.slice(0, 60)}…`]) {
      message = message.replaceAll(shape, `\${${variable}}`)
      value = value?.replaceAll(shape, `\${${variable}}`)
    }
  }
  const { value: _, ...rest } = problem
  return { ...rest, message, ...(value === undefined ? {} : { value }) }
}
