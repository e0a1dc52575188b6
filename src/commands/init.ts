/** `trimtab init`: the files that an operator starts from; what is there already is never touched. */
import { type Converted, fromLitellm } from '../config/from-litellm.ts'
import { policyJsonSchema } from '../policy/json-schema.ts'
import type { Output } from './output.ts'
import { type SeenTraffic, seenComment } from './seen-traffic.ts'
import { type StartingFolders, startingConfig } from './starting-config.ts'

/**
 * Writes a file and the folders above it, unless it exists.
 * @returns false where it exists
 * @throws Error where it cannot be written
 */
type CreateFile = (path: string, text: string) => Promise<boolean>

interface InitParts {
  configPath: string
  policiesFolder: string
  /** The folders as a new configuration names them. */
  folders: StartingFolders
  /** Text of `policies/default.yaml` as it ships. */
  policyTemplate: string
  /** What the ledger has of the last days; undefined where there is none. */
  seen?: SeenTraffic | undefined
  createFile: CreateFile
}

interface ConvertParts {
  configPath: string
  policiesFolder: string
  /** The file to be converted, and its text. */
  from: { path: string; text: string }
  createFile: CreateFile
}

interface NewFile {
  path: string
  text: string
}

const SCHEMA_FILE = '.schema/policy.schema.json'

/** The line by which editors find the schema of the file they show. */
const SCHEMA_LINE = `# yaml-language-server: $schema=${SCHEMA_FILE}\n`

/** Returns the exit code: 0, or 2 where a file could not be written. */
export async function init(parts: InitParts, output: Output): Promise<number> {
  const seen = parts.seen === undefined ? '' : seenComment(parts.seen)
  const files = [
    { path: parts.configPath, text: startingConfig(parts.folders) },
    {
      path: `${parts.policiesFolder}/default.yaml`,
      text: withSchemaLine(parts.policyTemplate) + (seen === '' ? '' : `\n${seen}`),
    },
    schemaFile(parts.policiesFolder),
  ]
  const written = await writeFiles(files, parts.createFile, output)
  if (!written) return 2
  output.out('Edit the policies, then run `trimtab check`.')
  return 0
}

/** Returns the exit code: 0, 1 where the file is none of LiteLLM's, or 2 where one could not be written. */
export async function initFromLitellm(parts: ConvertParts, output: Output): Promise<number> {
  const converted = fromLitellm(parts.from.text, parts.from.path)
  if (typeof converted === 'string') {
    output.error(converted)
    return 1
  }
  const policies = [...converted.policies].map(([name, text]) => ({
    path: `${parts.policiesFolder}/${name}`,
    text: withSchemaLine(text),
  }))
  const files = [
    { path: parts.configPath, text: converted.config },
    ...policies,
    schemaFile(parts.policiesFolder),
  ]
  const written = await writeFiles(files, parts.createFile, output)
  if (!written) return 2
  for (const line of conversionLines(converted, parts.from.path)) output.out(line)
  return 0
}

function conversionLines({ notes, variables }: Converted, path: string): string[] {
  const lines =
    notes.length === 0
      ? ['Everything has its twin.']
      : [
          'What has no twin, or another shape here:',
          ...notes.map(({ line, message }) => `  ${path}:${line}  ${message}`),
        ]
  if (variables.length > 0) lines.push(`Set where trimtab runs: ${variables.join(', ')}.`)
  return [...lines, 'Then run `trimtab check` and `trimtab doctor`.']
}

/** Returns false, and says so, where one could not be written. */
async function writeFiles(
  files: readonly NewFile[],
  createFile: CreateFile,
  output: Output,
): Promise<boolean> {
  for (const { path, text } of files) {
    try {
      const created = await createFile(path, text)
      output.out(created ? `wrote  ${path}` : `kept   ${path} (it was there already)`)
    } catch (error) {
      output.error(`Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }
  return true
}

function schemaFile(policiesFolder: string): NewFile {
  return {
    path: `${policiesFolder}/${SCHEMA_FILE}`,
    text: `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
  }
}

function withSchemaLine(template: string): string {
  return template.includes('yaml-language-server') ? template : SCHEMA_LINE + template
}
