/** What routing learns, in one Node process. It is opened, and its code loaded, once a policy learns: its table of words takes 8 MB. */
import type { Counter, Metrics, Sample } from '../../metering/metrics.ts'
import type { Policy, PolicySet } from '../../policy/policy.ts'
import type { Learning, LearningEvent } from '../../routing/learn/learning.ts'
import type { LearningSurroundings, OpenedLearning } from './open-learning.ts'
import { OpenedWhenNeeded, reasonOf } from './opened-when-needed.ts'

/** What a crash takes along of labels. */
const WRITE_EVERY_MS = 1000
/** Several times within the second in which a rollback must hold. */
const FOLLOW_EVERY_MS = 300

type Parts = Omit<LearningSurroundings, 'told' | 'failed' | 'begunAnew'> & {
  metrics: Metrics
  info(message: string): void
  warn(message: string): void
}

export class NodeLearning {
  readonly #parts: Parts
  readonly #versions: Counter
  readonly #room: OpenedWhenNeeded<OpenedLearning>
  #timers: NodeJS.Timeout[] = []
  /** Said once until it is over. */
  #isFailing = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#room = new OpenedWhenNeeded({
      isNeededBy: ({ route }: Policy) => route.learn !== undefined,
      open: () => this.#open(),
      failed: (reason) =>
        parts.warn(
          `What was learned of routing cannot be opened, and nothing begins at a small tier: ${reason}.`,
        ),
    })
    const { metrics } = parts
    metrics.gauge(
      'trimtab_learning_labels',
      'Requests that both tiers were asked for, since things last changed, by whether their answers agree.',
      ['workflow', 'verdict'],
      () => this.#labels(),
    )
    metrics.gauge(
      'trimtab_learning_version',
      'Number of the learned version in force; 0 for none.',
      ['workflow'],
      () => this.#inForce(),
    )
    this.#versions = metrics.counter(
      'trimtab_learning_versions_total',
      'Learned versions by what became of them.',
      ['workflow', 'outcome'],
    )
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened: requests then begin at the large tier. */
  get learning(): Learning | undefined {
    return this.#room.opened?.learning
  }

  /** Opens it where a policy learns. Never rejects. */
  neededBy(policies: PolicySet): Promise<void> {
    return this.#room.neededBy(policies)
  }

  async close(): Promise<void> {
    const opened = await this.#room.taken()
    for (const timer of this.#timers) clearInterval(timer)
    await opened?.close()
  }

  async #open(): Promise<OpenedLearning> {
    const { openLearning } = await import('./open-learning.ts')
    const opened = await openLearning({
      ...this.#parts,
      told: (event) => this.#told(event),
      failed: (error) => this.#failed(error),
      begunAnew: (workflow) =>
        this.#parts.info(
          `Workflow ${workflow}: its learning begins anew, as this release reads requests otherwise than the one that learned; until a version is in force again, they begin at the large tier.`,
        ),
    })
    const every = (ms: number, work: () => void): void => {
      this.#timers.push(setInterval(work, ms).unref())
    }
    every(WRITE_EVERY_MS, () => opened.learning.flush())
    every(FOLLOW_EVERY_MS, () => opened.learning.refresh())
    return opened
  }

  #told(event: LearningEvent): void {
    this.#isFailing = false
    const { scope, mostLoss } = event
    const { workflow, pair } = scope
    if (event.kind === 'waits') return
    this.#versions.add([workflow, event.kind], 1)
    if (event.kind === 'accepted') {
      const { number, figures } = event.version
      this.#parts.info(
        `Workflow ${workflow}: learned version ${number} is in force (${pair}): ${percent(figures.begun)} of its requests begin at the small tier, and at most ${percent(figures.upper)} are answered otherwise than by the large one; ${percent(mostLoss)} may be.`,
      )
    } else if (event.kind === 'reverted') {
      const { version, watch, now } = event
      const instead = now === 0 ? 'requests begin at the large tier' : `version ${now} is in force again`
      this.#parts.warn(
        `Workflow ${workflow}: learned version ${version} was taken back (${pair}): of ${watch.labels} requests that both tiers were asked for, it lost ${watch.lost}, and ${percent(mostLoss)} may be lost; ${instead}.`,
      )
    }
  }

  #failed(error: unknown): void {
    if (this.#isFailing) return
    this.#isFailing = true
    this.#parts.warn(`What was learned of routing cannot be written just now: ${reasonOf(error)}.`)
  }

  #labels(): Sample[] {
    const verdicts = new Map<string, Record<'agree' | 'differ' | 'untold', number>>()
    for (const { scope, standing } of this.learning?.standings() ?? []) {
      const counts = verdicts.get(scope.workflow) ?? { agree: 0, differ: 0, untold: 0 }
      counts.agree += standing.labels - standing.differing - standing.untold
      counts.differ += standing.differing
      counts.untold += standing.untold
      verdicts.set(scope.workflow, counts)
    }
    return [...verdicts].flatMap(([workflow, counts]) =>
      Object.entries(counts).map(([verdict, value]) => ({ labels: [workflow, verdict], value })),
    )
  }

  #inForce(): Sample[] {
    const newest = new Map<string, number>()
    for (const { scope, standing } of this.learning?.standings() ?? [])
      newest.set(scope.workflow, Math.max(standing.inForce, newest.get(scope.workflow) ?? 0))
    return [...newest].map(([workflow, value]) => ({ labels: [workflow], value }))
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`
}
