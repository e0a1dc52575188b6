// One workflow's stream of requests, routed by what the program learns of it: the program's own code, on a database of its
// own. Time does not pass: a fit ends before the next request comes.
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { seeded } from '../seeded.mjs'

const SCOPE = { workflow: 'bench', pair: 'small > large' }
const MIGRATION = new URL('../../migrations/routing/0001_learning.sql', import.meta.url)

/** What the embedder made of each text, kept across streams: it never changes. */
export function remembering(embedder) {
  const vectors = new Map()
  return {
    id: embedder.id,
    dimensions: embedder.dimensions,
    embed(text) {
      const known = vectors.get(text) ?? embedder.embed(text)
      vectors.set(text, known)
      return known
    },
  }
}

export class LearnedStream {
  /** What happened, in order: `{ kind, request, labels, … }`. */
  events = []
  requests = 0
  labels = 0
  /** What was asked for labels: texts by the tier that did not answer their callers. */
  asked = { small: [], large: [] }
  #learning
  #policy
  #random
  #known = new Map()

  /** @param policy `{ share, maxQualityLoss, judge: undefined }` */
  constructor({ Learning, SqliteLearnStore }, readers, policy, seed) {
    const database = new Database(':memory:')
    database.exec(readFileSync(MIGRATION, 'utf8'))
    this.#policy = policy
    this.#random = seeded(seed)
    this.#learning = new Learning({
      store: new SqliteLearnStore(database, () => this.requests),
      readers,
      now: () => this.requests,
      elapsedMs: () => performance.now(),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      told: (event) => this.#told(event),
      failed: (error) => {
        throw error
      },
    })
  }

  /** Whether the next request is one of those that both tiers are asked for. */
  willLabel() {
    return this.#random() < this.#learning.shareOf(SCOPE.workflow, this.#policy)
  }

  /**
   * @param text what is asked; `agrees`: whether the small tier's answer would do where the large one's does
   * @returns where it begins: `small` or `large`
   */
  async ask(text, agrees, isLabelled) {
    this.requests++
    const asked = { text, tokens: Math.ceil(text.length / 4), turns: 1 }
    const at = this.beginningOf(text)
    if (!isLabelled) return at
    this.labels++
    this.asked[at === 'small' ? 'large' : 'small'].push(text)
    this.#learning.learn(SCOPE, this.#policy, asked, {
      at: this.requests,
      requestId: `req_${this.requests}`,
      begunAt: at,
      agrees,
    })
    this.#learning.flush()
    await this.#learning.settled()
    return at
  }

  /** Told once for each text and version. */
  beginningOf(text) {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const asked = { text, tokens: Math.ceil(text.length / 4), turns: 1 }
    const { at } = this.#learning.begin(SCOPE, this.#policy, asked)
    this.#known.set(text, at)
    return at
  }

  get standing() {
    return this.#learning.standings()[0]?.standing
  }

  #told(event) {
    if (event.kind !== 'waits') this.events.push({ ...event, request: this.requests, labels: this.labels })
    this.#known.clear()
  }
}
