/** Liveness and readiness. Ready means that requests are answered, also where a policy file is broken and the last good one serves. */
import { Hono } from 'hono'

/** What an operator should know and a load balancer need not. */
export interface Notice {
  message: string
  file?: string
  line?: number
  column?: number
}

/** A model server that trimtab starts. */
export interface CommandStanding {
  provider: string
  /** `starting`: requests wait for it. `failing`: its last start came to nothing, and requests are not kept waiting. */
  state: 'starting' | 'ready' | 'failing' | 'stopping'
  /** How often it was started. */
  starts: number
  /** Where it listens, and its process id, while it runs. */
  port?: number
  pid?: number
  /** Why it is failing. */
  reason?: string
}

export interface Readiness {
  /** False: no new requests, please. */
  ready: boolean
  ledger: { healthy: boolean }
  problems: readonly Notice[]
  warnings: readonly Notice[]
  commands: readonly CommandStanding[]
}

export function healthEndpoints(readiness: () => Readiness): Hono {
  return new Hono()
    .get('/healthz', (context) => context.json({ status: 'ok' }))
    .get('/readyz', (context) => {
      const state = readiness()
      return context.json(state, state.ready ? 200 : 503)
    })
}
