#!/usr/bin/env node
/** The command line: which words run which command. Each group's options and wiring are in `cli/`. */
import { Command } from 'commander'
import { addCacheCommands } from './cli/cache-commands.ts'
import { addCareCommands } from './cli/care-commands.ts'
import { output } from './cli/command-line.ts'
import { addInitCommands } from './cli/init-commands.ts'
import { addKeysCommands } from './cli/keys-commands.ts'
import { addLedgerCommands } from './cli/ledger-commands.ts'
import { addPoliciesCommands } from './cli/policies-commands.ts'
import { addPolicyCommands } from './cli/policy-commands.ts'
import { addPricesCommands } from './cli/prices-commands.ts'
import { addServeCommands } from './cli/serve-commands.ts'
import { suggestion } from './nearest-name.ts'
import { packageVersion } from './platform/node/package-files.ts'

const program = new Command('trimtab')
  .description('OpenAI-compatible proxy that forwards every request untouched and meters it to the token')
  .version(packageVersion())
  .showSuggestionAfterError()

addServeCommands(program)
addInitCommands(program)
addPolicyCommands(program)
addPoliciesCommands(program)
addLedgerCommands(program)
addKeysCommands(program)
addPricesCommands(program)
addCareCommands(program)
addCacheCommands(program)

const mistyped = unknownCommand(process.argv[2])
if (mistyped === undefined) await program.parseAsync()
else {
  output.error(mistyped)
  process.exitCode = 1
}

/** Commander would hand a mistyped command to the default one, as an argument too many. */
function unknownCommand(word: string | undefined): string | undefined {
  const names = [...program.commands.map((command) => command.name()), 'help']
  if (word === undefined || word.startsWith('-') || names.includes(word)) return undefined
  return `There is no command \`${word}\`${suggestion(word, names) || '; `trimtab --help` lists them.'}`
}
