/** The commands about the keys that applications call with. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { createKey, listKeys, revokeKey } from '../commands/keys.ts'
import { withKeys } from '../platform/node/command-stores.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { dataFolder, output, run, withPlace } from './command-line.ts'

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('keys that applications call with')
  withPlace(keys.command('create').description('make a key and show it, once'))
    .requiredOption('--name <name>')
    .option('--tenant <tenant>', 'default: a tenant of its own')
    .option('--team <team>')
    .option('--models <globs>', 'models it may ask for, separated by commas')
    .option('--workflows <names>', 'workflows it may use, separated by commas')
    .option('--rpm <number>', 'requests a minute that it may make')
    .option('--tpm <number>', 'tokens a minute that it may use')
    .option('--expires <when>', '30d or a date')
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & Parameters<typeof createKey>[0]) =>
      run(() =>
        withKeys(dataFolder(flags), true, (store) =>
          createKey(flags, { keys: store, randomBytes, sha256, now: Date.now }, output),
        ),
      ),
    )
  withPlace(keys.command('list').description('list keys, never their secrets'))
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & { json?: boolean }) =>
      run(() =>
        withKeys(dataFolder(flags), false, (store) =>
          listKeys(flags, { keys: store, now: Date.now }, output),
        ),
      ),
    )
  withPlace(
    keys.command('revoke <id>').description('revoke a key, on a running server within a second'),
  ).action((id: string, flags: ConfigFlags) =>
    run(() =>
      withKeys(dataFolder(flags), false, (store) => revokeKey(id, { keys: store, now: Date.now }, output)),
    ),
  )
}
