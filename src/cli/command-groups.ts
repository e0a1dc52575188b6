/** The groups of commands, each loaded when one of its own is asked for: all of them take longer than most commands run. */
import type { Command } from 'commander'

type AddCommands = (program: Command) => void

interface CommandGroup {
  words: readonly string[]
  load: () => Promise<AddCommands>
}

/** In the order in which `trimtab --help` lists them. */
export const GROUPS: readonly CommandGroup[] = [
  {
    words: ['serve', 'demo'],
    load: async () => (await import('./serve-commands.ts')).addServeCommands,
  },
  {
    words: ['init'],
    load: async () => (await import('./init-commands.ts')).addInitCommands,
  },
  {
    words: ['check', 'test', 'explain'],
    load: async () => (await import('./policy-commands.ts')).addPolicyCommands,
  },
  {
    words: ['policies'],
    load: async () => (await import('./policies-commands.ts')).addPoliciesCommands,
  },
  {
    words: ['report', 'requests'],
    load: async () => (await import('./ledger-commands.ts')).addLedgerCommands,
  },
  {
    words: ['replay', 'advise'],
    load: async () => (await import('./forecast-commands.ts')).addForecastCommands,
  },
  {
    words: ['keys'],
    load: async () => (await import('./keys-commands.ts')).addKeysCommands,
  },
  {
    words: ['prices'],
    load: async () => (await import('./prices-commands.ts')).addPricesCommands,
  },
  {
    words: ['models'],
    load: async () => (await import('./models-commands.ts')).addModelsCommands,
  },
  {
    words: ['doctor', 'backup', 'restore'],
    load: async () => (await import('./care-commands.ts')).addCareCommands,
  },
  {
    words: ['learning'],
    load: async () => (await import('./learning-commands.ts')).addLearningCommands,
  },
  {
    words: ['cache'],
    load: async () => (await import('./cache-commands.ts')).addCacheCommands,
  },
  {
    words: ['knowledge'],
    load: async () => (await import('./knowledge-commands.ts')).addKnowledgeCommands,
  },
]

/** The group of a command, or all groups where the first word is none: help, a typing error, the default command's options. */
export function commandGroups(word: string | undefined): Promise<readonly AddCommands[]> {
  if (word === '--version' || word === '-V') return Promise.resolve([])
  const group = GROUPS.find(({ words }) => word !== undefined && words.includes(word))
  return Promise.all((group === undefined ? GROUPS : [group]).map(({ load }) => load()))
}
