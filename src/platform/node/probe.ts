/** Asks a local port whether a model server listens there. */
import { request } from 'undici'
import { modelNames } from '../../providers/discovery.ts'

/** Loopback answers in a millisecond; what needs longer is busy or no model server. */
const DEADLINE_MS = 300

/** Names of its models, or undefined where nothing answers in OpenAI's shape; never rejects. */
export async function probeLocalPort(origin: string): Promise<readonly string[] | undefined> {
  try {
    const answer = await request(`${origin}/v1/models`, { signal: AbortSignal.timeout(DEADLINE_MS) })
    if (answer.statusCode === 200) return modelNames(await answer.body.json())
    await answer.body.dump()
    return undefined
  } catch {
    return undefined
  }
}
