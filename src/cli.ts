#!/usr/bin/env node
/** The command line: which words run which command. Each group's options and wiring are in `cli/`. */
import { Command } from 'commander'
import { commandGroups } from './cli/command-groups.ts'
import { output } from './cli/command-line.ts'
import { suggestion } from './nearest-name.ts'
import { packageVersion } from './platform/node/package-files.ts'

const program = new Command('trimtab')
  .description('OpenAI-compatible proxy that forwards every request untouched and meters it to the token')
  .version(packageVersion())
  .showSuggestionAfterError()

const word = process.argv[2]
for (const add of await commandGroups(word)) add(program)

const mistyped = unknownCommand(word)
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
