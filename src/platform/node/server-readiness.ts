/** Asks a model server whether it is ready for requests. */
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'

const DEADLINE_MS = 2_000
const POLL_MS = 100
/** A model that has not loaded by then loads for long: asking often would only fill its log. */
const HASTE_MS = 5_000
const PATIENT_POLL_MS = 500

/**
 * `path` undefined: `/health`, which answers 503 while a model loads (llama.cpp, vLLM, SGLang), and where
 * nobody knows that path, `/v1/models`.
 */
export async function isReady(origin: string, path: string | undefined): Promise<boolean> {
  if (path !== undefined) return isFine(await statusOf(origin + path))
  const health = await statusOf(`${origin}/health`)
  if (health === undefined || health >= 500) return false
  if (isFine(health)) return true
  const models = await statusOf(`${origin}/v1/models`)
  // Who wants a key is there.
  return models !== undefined && (isFine(models) || models === 401 || models === 403)
}

/** Resolves true once it is ready, false after `timeoutMs` or where `signal` aborts. */
export async function untilReady(
  origin: string,
  { path, timeoutMs, signal }: { path: string | undefined; timeoutMs: number; signal: AbortSignal },
): Promise<boolean> {
  const startedMs = performance.now()
  const waitedMs = (): number => performance.now() - startedMs
  while (!signal.aborted && waitedMs() < timeoutMs) {
    if (await isReady(origin, path)) return !signal.aborted
    const pauseMs = waitedMs() < HASTE_MS ? POLL_MS : PATIENT_POLL_MS
    await pause(Math.min(pauseMs, Math.max(1, timeoutMs - waitedMs())), undefined, { signal }).catch(() => {})
  }
  return false
}

/** Undefined where nobody answers in time. */
async function statusOf(url: string): Promise<number | undefined> {
  try {
    // No connection is kept: the server is asked rarely, and its next one may listen on the same port.
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(DEADLINE_MS), reset: true })
    await body.dump()
    return statusCode
  } catch {
    return undefined
  }
}

function isFine(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}
