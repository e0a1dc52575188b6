/** What a caller is told whose request cannot be metered. */
import { Failure } from '../errors.ts'

export function ledgerUnavailable(path: string): Failure {
  return new Failure(
    'ledger_unavailable',
    `The ledger ${path} cannot be written at the moment, so this request would not be metered: look at its disk, or set \`ledger.on_failure: proceed\`.`,
  )
}
