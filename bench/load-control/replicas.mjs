// The simulated model servers, and their trouble.
import { fileURLToPath } from 'node:url'
import { LOAD_CORE, startNode, stop } from '../processes.mjs'

const PROGRAM = fileURLToPath(new URL('./replica-process.mjs', import.meta.url))

/** `{ urls, trouble(kinds), counts(), stop() }`; each takes `slots` requests at once and answers in `answerMs`, or batches as an L4 does. */
export async function startReplicas({ count, slots = 0, answerMs = 0 }) {
  const child = startNode([PROGRAM, count, slots, answerMs].map(String), LOAD_CORE, [
    'ignore',
    'inherit',
    'inherit',
    'ipc',
  ])
  const told = () => new Promise((resolve) => child.once('message', resolve))
  const { ports } = await told()
  const ask = async (message) => {
    const answer = told()
    child.send(message)
    return (await answer).counts
  }
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    trouble: (trouble) => ask({ trouble }),
    counts: () => ask({}),
    stop: () => stop(child),
  }
}
