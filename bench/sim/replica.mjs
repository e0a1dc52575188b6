// One simulated server: encodes images, then prefills and decodes in steps of one batch, as vLLM's continuous batching with
// chunked prefill does. Decoding goes on in every step, so that a long prompt in the batch slows everybody's next token.
import { KvCache } from './kv-cache.mjs'
import { BLOCK_TOKENS } from './rates.mjs'

const IMAGES_REMEMBERED = 64

export class Replica {
  #rates
  #events
  #told
  #cache
  #waiting = []
  #running = []
  #isStepping = false
  #encoderFreeAtMs = 0
  #images = new Set()

  /** `told.firstToken(request)` and `told.ended(request, cachedTokens)`. */
  constructor(rates, events, told) {
    this.#rates = rates
    this.#events = events
    this.#told = told
    this.#cache = new KvCache(Math.floor(rates.capacityTokens / BLOCK_TOKENS))
  }

  /** What a server tells on /metrics. */
  get metrics() {
    return { waiting: this.#waiting.length, running: this.#running.length, kvUsage: this.#cache.usage }
  }

  submit(request) {
    const job = { request, isGone: false, left: 0, generated: 0, cachedBlocks: 0, blocks: 0, more: 0 }
    const readyAtMs = this.#encoded(request)
    if (readyAtMs > this.#events.nowMs) this.#events.at(readyAtMs, () => this.#enqueue(job))
    else this.#enqueue(job)
    return job
  }

  /** The caller hung up. */
  cancel(job) {
    job.isGone = true
    const waits = this.#waiting.indexOf(job)
    if (waits >= 0) this.#waiting.splice(waits, 1)
    const runs = this.#running.indexOf(job)
    if (runs >= 0) {
      this.#running.splice(runs, 1)
      this.#cache.release(job.request.chain, job.blocks, job.more, job.blocks)
    }
  }

  /** When its images are encoded: those that are not remembered and lie behind what is cached of the prompt, one after the other. */
  #encoded({ images, chain, promptTokens }) {
    const { nowMs } = this.#events
    if (images.length === 0) return nowMs
    const cachedTokens = this.#cache.matched(chain, Math.floor(promptTokens / BLOCK_TOKENS)) * BLOCK_TOKENS
    for (const { id, tokens, endsAt } of images) {
      if (endsAt <= cachedTokens || this.#images.has(id)) continue
      this.#encoderFreeAtMs = Math.max(this.#encoderFreeAtMs, nowMs) + tokens / this.#rates.encodeTokensPerMs
      this.#images.add(id)
      if (this.#images.size > IMAGES_REMEMBERED) this.#images.delete(this.#images.values().next().value)
    }
    return Math.max(this.#encoderFreeAtMs, nowMs)
  }

  #enqueue(job) {
    if (job.isGone) return
    this.#waiting.push(job)
    if (!this.#isStepping) this.#step()
  }

  #step() {
    this.#admit()
    const running = this.#running
    this.#isStepping = running.length > 0
    if (!this.#isStepping) return
    const { tokensPerStep, prefillTokensPerMs, weightsMs, kvReadMsPerToken, overheadMs } = this.#rates
    let computed = 0
    let read = 0
    for (const job of running) {
      if (job.left > 0) continue
      computed++
      read += job.request.promptTokens + job.generated
    }
    for (const job of running) {
      job.chunk = Math.min(job.left, tokensPerStep - computed)
      computed += job.chunk
    }
    // Arithmetic and memory overlap: the slower of them sets the pace.
    const ms = overheadMs + Math.max(computed / prefillTokensPerMs, weightsMs + read * kvReadMsPerToken)
    this.#events.at(this.#events.nowMs + ms, () => this.#finishStep(running.slice()))
  }

  /** First come, first served, while there is room in the batch and in the cache: room for the whole answer, since nothing is ever put off again. */
  #admit() {
    let budget = this.#rates.tokensPerStep
    for (const { left } of this.#running) budget -= Math.max(left, 1)
    while (this.#waiting.length > 0 && this.#running.length < this.#rates.sequencesAtOnce && budget > 0) {
      const job = this.#waiting[0]
      const { chain, promptTokens, outputTokens } = job.request
      job.blocks = Math.floor(promptTokens / BLOCK_TOKENS)
      job.more = Math.ceil((promptTokens + outputTokens) / BLOCK_TOKENS) - job.blocks
      const matched = this.#cache.take(chain, job.blocks, job.more)
      if (matched < 0) return
      // At least one token is computed, or there would be nothing to sample from.
      job.cachedTokens = Math.min(matched * BLOCK_TOKENS, promptTokens - 1)
      job.left = promptTokens - job.cachedTokens
      budget -= job.left
      this.#waiting.shift()
      this.#running.push(job)
    }
  }

  #finishStep(stepped) {
    for (const job of stepped) {
      if (job.isGone) continue
      if (job.left > 0) {
        job.left -= job.chunk
        if (job.left > 0) continue
        this.#told.firstToken(job.request)
      }
      job.generated++
      if (job.generated >= job.request.outputTokens) this.#finish(job)
    }
    this.#step()
  }

  #finish(job) {
    const { request, blocks, more, cachedTokens } = job
    this.#running.splice(this.#running.indexOf(job), 1)
    const written = Math.floor((request.promptTokens + request.outputTokens) / BLOCK_TOKENS)
    this.#cache.release(request.chain, blocks, more, written)
    this.#told.ended(request, cachedTokens)
  }
}
