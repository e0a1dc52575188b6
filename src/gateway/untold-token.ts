/** Waits for a cloud's token, and tells how an attempt ends that gets none. */
import { type AccessToken, TokenError } from '../providers/tokens/access-token.ts'
import type { AttemptResult } from './attempt-result.ts'
import { fault } from './fault.ts'
import type { Stop } from './stop.ts'

/** Undefined where there is a token. Nothing was sent otherwise, so that the ledger has no row of it. */
export async function untoldToken(
  provider: string,
  token: AccessToken,
  stop: Stop,
): Promise<AttemptResult | undefined> {
  const ready = token.ready()
  if (ready === undefined) return undefined
  try {
    await unlessStopped(ready, stop)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const message = `Provider ${provider} was not asked: ${error.message}`
    const note = `Provider ${provider} was not asked, because its cloud gave no token.`
    return {
      kind: 'faulty',
      fault: fault(error.passing ? 'unreachable' : 'authentication', message, { note }),
    }
  }
  if (stop.reason === 'departed') return { kind: 'departed' }
  if (stop.reason === undefined) return undefined
  const message = `Provider ${provider} was not asked: its cloud gave no token within the policy's limits.timeout.`
  return { kind: 'faulty', fault: fault('timeout', message) }
}

/** Whoever leaves does not wait for what others still want. */
async function unlessStopped(ready: Promise<void>, stop: Stop): Promise<void> {
  let unlisten: (() => void) | undefined
  const stopped = new Promise<void>((resolve) => {
    unlisten = stop.listen(() => resolve())
  })
  try {
    await Promise.race([ready, stopped])
  } finally {
    unlisten?.()
  }
}
