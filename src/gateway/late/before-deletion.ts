/** What is billed by its reading is billed before it is deleted: nobody can read it after. */
import { Failure } from '../../errors.ts'
import type { MadeId } from '../../routing/made-ids.ts'
import type { Journey } from '../journey.ts'
import { billUnread } from './unread.ts'

/** @throws Failure `provider_error`, `ledger_unavailable` where it cannot be billed now: nothing was deleted then */
export async function billBeforeDeletion({ incoming, gateway, pin }: Journey): Promise<void> {
  const { passed } = incoming.request
  if (passed?.method !== 'DELETE' || passed.rest !== '' || pin === undefined) return
  const made = pin.batch === undefined ? pin : await gateway.madeIds.find(pin.batch)
  if (!isUnread(made)) return
  const looked = await billUnread(made, gateway, incoming)
  if (looked.kind === 'unread') {
    throw new Failure(
      'provider_error',
      `${pin.id} is billed by its reading, and cannot be read before it is deleted (${looked.reason}): delete it later.`,
    )
  }
  // It may be deleted while it runs: what it cost then is seen to be unknown at the next look.
  if (looked.kind === 'running') await gateway.madeIds.lookNext(made, gateway.now())
}

function isUnread(made: MadeId | undefined): made is MadeId {
  return made?.maker !== undefined && made.lookAt !== undefined
}
