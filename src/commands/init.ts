/** `trimtab init`: the files that an operator starts from; what is there already is never touched. */
import { policyJsonSchema } from '../policy/json-schema.ts'
import type { Output } from './output.ts'
import { type StartingFolders, startingConfig } from './starting-config.ts'

interface InitParts {
  configPath: string
  policiesFolder: string
  /** The folders as a new configuration names them. */
  folders: StartingFolders
  /** Text of `policies/default.yaml` as it ships. */
  policyTemplate: string
  /**
   * Writes a file and the folders above it, unless it exists.
   * @returns false where it exists
   * @throws Error where it cannot be written
   */
  createFile(path: string, text: string): Promise<boolean>
}

const SCHEMA_FILE = '.schema/policy.schema.json'

/** The line by which editors find the schema of the file they show. */
const SCHEMA_LINE = `# yaml-language-server: $schema=${SCHEMA_FILE}\n`

/** Returns the exit code: 0, or 2 where a file could not be written. */
export async function init(parts: InitParts, output: Output): Promise<number> {
  const files = [
    { path: parts.configPath, text: startingConfig(parts.folders) },
    { path: `${parts.policiesFolder}/default.yaml`, text: withSchemaLine(parts.policyTemplate) },
    {
      path: `${parts.policiesFolder}/${SCHEMA_FILE}`,
      text: `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
    },
  ]
  for (const { path, text } of files) {
    try {
      const created = await parts.createFile(path, text)
      output.out(created ? `wrote  ${path}` : `kept   ${path} (it was there already)`)
    } catch (error) {
      output.error(`Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`)
      return 2
    }
  }
  output.out('Edit the policies, then run `trimtab check`.')
  return 0
}

function withSchemaLine(template: string): string {
  return template.includes('yaml-language-server') ? template : SCHEMA_LINE + template
}
