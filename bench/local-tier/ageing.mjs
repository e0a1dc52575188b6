// What llama.cpp's server keeps of a crowd: a few in parallel on a fresh server, then many, then the few again, all
// straight, with no trimtab near. Once for each way of starting it.
import { residentMegabytes } from './processes.mjs'
import { withServers } from './servers.mjs'
import { speedAt } from './speed.mjs'

/**
 * A line for each of `variants` (arguments of the server, separated by spaces):
 * `{ variant, few, many, fewAgain, residentMb: { fresh, aged } }`. `told`: `{ model, maxTokens, forced, seconds }`.
 */
export async function ageing(variants, server, questions, { few, many, ...told }) {
  const lines = []
  for (const variant of variants) {
    const more = [...server.more, ...variant.split(' ').filter(Boolean)]
    const line = await withServers(1, { ...server, more }, async ({ origins, pids }) => {
      const speed = (parallel) => speedAt(parallel, () => origins[0], questions, told)
      const first = await speed(few)
      const fresh = residentMegabytes(pids)
      const crowd = await speed(many)
      const again = await speed(few)
      return {
        few: first,
        many: crowd,
        fewAgain: again,
        residentMb: { fresh, aged: residentMegabytes(pids) },
      }
    })
    lines.push({ variant, ...line })
  }
  return lines
}
