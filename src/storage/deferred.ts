/** A promise that several wait for, settled from outside. */
import type { Failure } from '../errors.ts'

export interface Deferred {
  promise: Promise<void>
  resolve: () => void
  reject: (failure: Failure) => void
}

export function deferred(): Deferred {
  let resolve = (): void => {}
  let reject = (_: Failure): void => {}
  const promise = new Promise<void>((onResolved, onRejected) => {
    resolve = onResolved
    reject = onRejected
  })
  return { promise, resolve, reject }
}
