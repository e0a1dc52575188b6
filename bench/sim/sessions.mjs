// Sessions as callers hold them: what each prompt consists of, decided beforehand, so that every strategy meets the same ones.
import { BLOCK_TOKENS } from './rates.mjs'

/** Makes sessions whose blocks have names of their own, but for what they share. */
export class SessionMaker {
  #nextBlock = 1
  #nextSession = 0
  #shared = new Map()
  #random

  constructor(random) {
    this.#random = random
  }

  /**
   * `turns`: `{ inputTokens, outputTokens, thinkMs, images: [tokens …] }` of each; a prompt is the shared beginning, all
   * earlier turns with their answers, and its own input. `firstTurn` leaves out those that were before the simulation began.
   */
  make({ startMs = 0, shared, sharedTokens, turns, firstTurn = 0, isBatch = false }) {
    const session = { id: this.#nextSession++, startMs, hash: Math.floor(this.#random() * 2 ** 32), isBatch }
    let tokens = sharedTokens
    const images = []
    const requests = turns.map(({ inputTokens, outputTokens, thinkMs, images: sizes = [] }, turn) => {
      for (const size of sizes) {
        tokens += size
        images.push({ id: `${session.id}.${images.length}`, tokens: size, endsAt: tokens })
      }
      tokens += inputTokens
      const request = { session, turn, promptTokens: tokens, outputTokens, thinkMs, images: [...images] }
      tokens += outputTokens
      return request
    })
    const chain = this.#chain(shared, sharedTokens, tokens)
    for (const request of requests) request.chain = chain
    session.requests = requests.slice(firstTurn)
    return session
  }

  #chain(shared, sharedTokens, tokens) {
    const chain = this.#beginning(shared, Math.floor(sharedTokens / BLOCK_TOKENS)).slice()
    for (let count = Math.ceil(tokens / BLOCK_TOKENS) - chain.length; count > 0; count--) {
      chain.push(this.#nextBlock++)
    }
    return chain
  }

  #beginning(shared, blocks) {
    const known = this.#shared.get(shared) ?? []
    while (known.length < blocks) known.push(this.#nextBlock++)
    this.#shared.set(shared, known)
    return known
  }
}
