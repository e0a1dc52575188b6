/** What `doctor` asks this machine: its folders, its ledger, its port. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { request } from 'undici'
import { schemaVersion } from '../../storage/migrate.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { openForReading } from './sqlite.ts'

const HEALTH_DEADLINE_MS = 2_000

export function folderState(
  path: string,
): { kind: 'missing' } | { kind: 'writable'; freeBytes: number } | { kind: 'refused'; reason: string } {
  if (!existsSync(path)) return { kind: 'missing' }
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(path)
    return { kind: 'writable', freeBytes: bavail * bsize }
  } catch (error) {
    return { kind: 'refused', reason: reasonOf(error) }
  }
}

export function ledgerState(
  path: string,
):
  | { kind: 'missing' }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'read'; version: number; known: number; quickCheck: string } {
  if (!existsSync(path)) return { kind: 'missing' }
  try {
    const database = openForReading(path)
    try {
      const quickCheck = String(database.pragma('quick_check(1)', { simple: true }))
      return { kind: 'read', version: schemaVersion(database), known: SCHEMA_VERSION, quickCheck }
    } finally {
      database.close()
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return { kind: 'unreadable', reason: reasonOf(cause) }
  }
}

export async function portState(
  host: string,
  port: number,
): Promise<{ kind: 'free' } | { kind: 'trimtab' } | { kind: 'taken' } | { kind: 'refused'; reason: string }> {
  const code = await listenError(host, port)
  if (code === undefined) return { kind: 'free' }
  if (code !== 'EADDRINUSE') return { kind: 'refused', reason: code }
  return (await isTrimtab(host, port)) ? { kind: 'trimtab' } : { kind: 'taken' }
}

/** Listens for a moment; the code of what kept it from doing so, or undefined. */
function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

async function isTrimtab(host: string, port: number): Promise<boolean> {
  return (await readinessAt(host, port)) !== undefined
}

/** What the trimtab that answers there says of the model servers it starts; empty where none answers. */
export async function commandStandings(
  host: string,
  port: number,
): Promise<readonly { provider: string; reason?: string }[]> {
  const state = await readinessAt(host, port)
  return state !== undefined && 'commands' in state && Array.isArray(state.commands) ? state.commands : []
}

/** What `/readyz` says; undefined where no trimtab answers. */
async function readinessAt(host: string, port: number): Promise<object | undefined> {
  const reachable =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const answer = await request(`http://${reachable}:${port}/readyz`, {
      signal: AbortSignal.timeout(HEALTH_DEADLINE_MS),
    })
    const state: unknown = await answer.body.json()
    return typeof state === 'object' && state !== null && 'ledger' in state && 'ready' in state
      ? state
      : undefined
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
