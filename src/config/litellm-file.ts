/** Reads a LiteLLM proxy's configuration as far as trimtab has twins for it, and notes what has none. */
import { isObject } from '../openai/is-object.ts'
import { type Path, YamlText } from '../policy/yaml-text.ts'

type Settings = Readonly<Record<string, unknown>>

/** One entry of `model_list`. */
export interface Deployment {
  /** `model_name`: what callers ask for. */
  group: string
  /** `litellm_params`, with what `credential_list` holds for it. */
  params: Settings
  /** `model_info`. */
  info: Settings
  path: Path
}

export interface LitellmFile {
  deployments: readonly Deployment[]
  router: Settings
  litellm: Settings
  general: Settings
  notes: Notes
}

/** What has no twin here, or another shape, at its line. */
export class Notes {
  readonly list: { line: number; message: string }[] = []
  readonly #yaml: YamlText

  constructor(yaml: YamlText) {
    this.#yaml = yaml
  }

  /** `message` follows the key's name. */
  add(path: Path, message: string): void {
    const label = path.filter((step) => typeof step === 'string').join('.')
    this.list.push({ line: this.#yaml.place(path, 'key').line, message: `${label}: ${message}` })
  }

  /** Notes every key that `known` does not hold; `words` says more of some. */
  leftovers(
    settings: Settings,
    path: Path,
    known: readonly string[],
    words: Readonly<Record<string, string>>,
  ): void {
    for (const key of Object.keys(settings)) {
      if (known.includes(key) || settings[key] === null) continue
      this.add([...path, key], words[key] ?? 'has no twin and is left out.')
    }
  }
}

const SECTIONS = ['model_list', 'router_settings', 'litellm_settings', 'general_settings', 'credential_list']

const SECTION_WORDS = {
  environment_variables: 'is left out; set these variables where trimtab runs.',
  guardrails: 'has no twin.',
  mcp_servers: 'has no twin.',
  include: 'has no twin; convert each of the files.',
}

/** @returns the problem as one sentence where it is no such file */
export function readLitellmFile(text: string, path: string): LitellmFile | string {
  const yaml = new YamlText(text, path)
  const [syntax] = yaml.syntaxProblems
  if (syntax !== undefined) return `${path}:${syntax.line}:${syntax.column}  ${syntax.message}`
  const file = section(yaml.value)
  if (!Array.isArray(file.model_list))
    return `${path} has no \`model_list\`: is it a LiteLLM proxy's configuration?`
  const notes = new Notes(yaml)
  notes.leftovers(file, [], SECTIONS, SECTION_WORDS)
  const credentials = credentialsIn(file.credential_list)
  return {
    deployments: file.model_list.flatMap((entry: unknown, index): Deployment[] => {
      const { model_name, litellm_params, model_info } = section(entry)
      if (typeof model_name !== 'string' || !isObject(litellm_params)) {
        notes.add(['model_list', index], 'an entry without `model_name` and `litellm_params` is left out.')
        return []
      }
      const shared = credentials.get(String(litellm_params.litellm_credential_name))
      return [
        {
          group: model_name,
          params: { ...shared, ...litellm_params },
          info: section(model_info),
          path: ['model_list', index, 'litellm_params'],
        },
      ]
    }),
    router: section(file.router_settings),
    litellm: section(file.litellm_settings),
    general: section(file.general_settings),
    notes,
  }
}

/** `os.environ/NAME` as trimtab writes it; other texts as they are. */
export function withReferences(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
  const [, variable] = /^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/.exec(text) ?? []
  if (variable !== undefined) return `\${${variable}}`
  return text.replaceAll('${', '$${')
}

/** Seconds as a policy writes a duration; undefined where it is none. */
export function seconds(value: unknown): string | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !(number >= 0.001)) return undefined
  return `${Number(Math.min(number, 86_400).toFixed(3))}s`
}

function section(value: unknown): Settings {
  return isObject(value) ? value : {}
}

function credentialsIn(list: unknown): Map<string, Settings> {
  const entries = Array.isArray(list) ? list.map(section) : []
  return new Map(
    entries.map(({ credential_name, credential_values }) => [
      String(credential_name),
      section(credential_values),
    ]),
  )
}
