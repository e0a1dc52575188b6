import { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandGroups, GROUPS } from '../../src/cli/command-groups.ts'

test('GROUPS: the words of each group are the commands that it adds', async () => {
  for (const { words, load } of GROUPS) {
    const program = new Command()
    const add = await load()
    add(program)
    expect(program.commands.map((command) => command.name())).toEqual(words)
  }
})

test('commandGroups: a command has its own group, everything else all of them', async () => {
  expect(await commandGroups('report')).toHaveLength(1)
  expect(await commandGroups('--version')).toHaveLength(0)
  for (const word of [undefined, '--help', 'help', 'reprot']) {
    expect(await commandGroups(word)).toHaveLength(GROUPS.length)
  }
})
