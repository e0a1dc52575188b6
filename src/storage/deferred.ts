/** A promise that several wait for, settled from outside. */
export interface Deferred {
  promise: Promise<void>
  resolve: () => void
  reject: (failure: Error) => void
}

export function deferred(): Deferred {
  let resolve = (): void => {}
  let reject = (_: Error): void => {}
  const promise = new Promise<void>((onResolved, onRejected) => {
    resolve = onResolved
    reject = onRejected
  })
  return { promise, resolve, reject }
}
