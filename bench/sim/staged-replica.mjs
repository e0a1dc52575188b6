// What looks like one server to a proxy, and is three: an encoder of images, one that prefills, and one that decodes, to which the
// keys and values go over a network. Prefill slows nobody's next token; but answers are known to the decoding one alone, so that
// the next turn has to prefill them.
import { Replica } from './replica.mjs'

export class StagedReplica {
  #rates
  #events
  #told
  #prefill
  #waiting = []
  #running = []
  #usedTokens = 0
  #isStepping = false

  /** As of `Replica`, with `transferTokensPerMs` among the rates. */
  constructor(rates, events, told) {
    this.#rates = rates
    this.#events = events
    this.#told = told
    this.#prefill = new Replica(rates, events, {
      firstToken: () => {},
      ended: ({ job }, cachedTokens) => this.#transfer(job, cachedTokens),
    })
  }

  get metrics() {
    const { waiting } = this.#prefill.metrics
    return {
      waiting: waiting + this.#waiting.length,
      running: this.#running.length,
      kvUsage: this.#usedTokens / this.#rates.capacityTokens,
    }
  }

  submit(request) {
    const job = { request, isGone: false, generated: 0, cachedTokens: 0, takes: 0, prefill: undefined }
    // All that its server makes is the first token.
    job.prefill = this.#prefill.submit({ ...request, outputTokens: 1, job })
    return job
  }

  cancel(job) {
    job.isGone = true
    this.#prefill.cancel(job.prefill)
    const waits = this.#waiting.indexOf(job)
    if (waits >= 0) this.#waiting.splice(waits, 1)
    if (this.#running.includes(job)) this.#leave(job)
  }

  #transfer(job, cachedTokens) {
    job.cachedTokens = cachedTokens
    const ms = job.request.promptTokens / this.#rates.transferTokensPerMs
    this.#events.at(this.#events.nowMs + ms, () => this.#enqueue(job))
  }

  #enqueue(job) {
    if (job.isGone) return
    this.#waiting.push(job)
    if (!this.#isStepping) this.#step()
  }

  #step() {
    this.#admit()
    this.#isStepping = this.#running.length > 0
    if (!this.#isStepping) return
    const { prefillTokensPerMs, weightsMs, kvReadMsPerToken, overheadMs } = this.#rates
    const read = this.#running.reduce(
      (sum, { request, generated }) => sum + request.promptTokens + generated,
      0,
    )
    const computeMs = this.#running.length / prefillTokensPerMs
    const ms = overheadMs + Math.max(computeMs, weightsMs + read * kvReadMsPerToken)
    const stepped = this.#running.slice()
    this.#events.at(this.#events.nowMs + ms, () => this.#finishStep(stepped))
  }

  #admit() {
    const { capacityTokens, sequencesAtOnce } = this.#rates
    while (this.#waiting.length > 0 && this.#running.length < sequencesAtOnce) {
      const [job] = this.#waiting
      const takes = job.request.promptTokens + job.request.outputTokens
      if (this.#usedTokens + takes > capacityTokens) return
      job.takes = takes
      this.#usedTokens += takes
      this.#running.push(job)
      this.#waiting.shift()
    }
  }

  #finishStep(stepped) {
    for (const job of stepped) {
      if (job.isGone) continue
      if (job.generated++ === 0) this.#told.firstToken(job.request)
      if (job.generated < job.request.outputTokens) continue
      this.#leave(job)
      this.#told.ended(job.request, job.cachedTokens)
    }
    this.#step()
  }

  #leave(job) {
    this.#running.splice(this.#running.indexOf(job), 1)
    this.#usedTokens -= job.takes
  }
}
