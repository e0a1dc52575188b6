/** `trimtab learning`: what was learned of each workflow's routing, and how to take it back or forget it. */
import type { LearnStore, Scope, Standing, Version } from '../routing/learn/learn-store.ts'
import { rollBack } from '../routing/learn/roll-back.ts'
import type { Output } from './output.ts'
import { printable, textTable } from './table.ts'

type Json = { json?: boolean | undefined }
type Store = LearnStore & { forget(workflow: string): { labels: number; versions: number } }

/** Members are those of `learning list --json`; shares are 0 to 1. */
interface Listed {
  workflow: string
  small: string
  large: string
  /** Requests that both tiers were asked for since things last changed; those whose answers differ, or nobody could tell. */
  labels: number
  differing: number
  untold: number
  /** In force; null for none. */
  version: number | null
  /** Share that begins at the small tier, and upper bound of what is answered otherwise, when it was accepted. */
  begun: number | null
  loss_upper: number | null
  /** Since it is in force. */
  watched: { labels: number; begun: number; lost: number } | null
}

/** Returns the exit code. */
export function learningList({ json }: Json, store: LearnStore, output: Output): number {
  const listed = scopesOf(store).map(({ scope, standing }) => listedOf(store, scope, standing))
  if (json) output.out(JSON.stringify({ learning: listed }, null, 2))
  else if (listed.length === 0) output.out('No label was taken yet.')
  else {
    const columns = [
      'workflow',
      'small',
      'large',
      'labels',
      'differ',
      'untold',
      'version',
      'begun',
      'lost at most',
    ]
    output.out(
      textTable(
        columns.map((title, index) => ({ title, align: index < 3 ? 'left' : 'right' })),
        listed.map((one) => [
          one.workflow,
          one.small,
          one.large,
          String(one.labels),
          share(one.labels === 0 ? null : one.differing / one.labels),
          share(one.labels === 0 ? null : one.untold / one.labels),
          one.version === null ? 'none' : String(one.version),
          share(one.begun),
          share(one.loss_upper),
        ]),
      ),
    )
  }
  return 0
}

/** Returns the exit code: 1 where nothing was learned of the workflow. */
export function learningShow(workflow: string, { json }: Json, store: LearnStore, output: Output): number {
  const scopes = scopesOf(store).filter(({ scope }) => scope.workflow === workflow)
  if (scopes.length === 0) return unknown(workflow, output)
  const shown = scopes.map(({ scope, standing }) => ({
    ...listedOf(store, scope, standing),
    last_trial: standing.last ?? null,
    versions: store.versions(scope).map(versionOf),
  }))
  if (json) output.out(JSON.stringify({ learning: shown }, null, 2))
  else for (const line of shown.flatMap(shownLines)) output.out(line)
  return 0
}

/** Returns the exit code: 1 where there is nothing to go back from or to. */
export function learningRollback(
  workflow: string,
  { to }: { to?: string | undefined },
  { store, now }: { store: LearnStore; now: number },
  output: Output,
): number {
  const target = to === 'none' ? 0 : to === undefined ? undefined : Number(to)
  if (target !== undefined && !(Number.isInteger(target) && target >= 0)) {
    output.error(
      `--to ${printable(String(to))} is no version: \`trimtab learning show ${workflow}\` lists them, or \`--to none\`.`,
    )
    return 1
  }
  const scopes = scopesOf(store).filter(({ scope }) => scope.workflow === workflow)
  if (scopes.length === 0) return unknown(workflow, output)
  let isDone = false
  for (const { scope } of scopes) {
    const rolled = rollBack(store, scope, target, now)
    if (rolled.kind !== 'rolled back') continue
    isDone = true
    const said = rolled.to === 0 ? 'its requests begin at the large tier' : `version ${rolled.to} is in force`
    output.out(
      `${printable(workflow)} (${printable(scope.pair)}): ${said}${rolled.from === 0 ? '' : `, in place of version ${rolled.from}`}.`,
    )
  }
  if (isDone) return 0
  output.error(
    target
      ? `Workflow ${printable(workflow)} has no version ${target}.`
      : `No learned version of ${printable(workflow)} is in force.`,
  )
  return 1
}

/** Returns the exit code: 1 where nothing was learned of the workflow. */
export function learningForget(workflow: string, store: Store, output: Output): number {
  if (!scopesOf(store).some(({ scope }) => scope.workflow === workflow)) return unknown(workflow, output)
  const { labels, versions } = store.forget(workflow)
  output.out(
    `${printable(workflow)}: ${counted(labels, 'label')} and ${counted(versions, 'version')} are forgotten.`,
  )
  return 0
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function unknown(workflow: string, output: Output): number {
  output.error(
    `Nothing was learned of the workflow ${printable(workflow)}: \`trimtab learning list\` names those that learn.`,
  )
  return 1
}

function scopesOf(store: LearnStore): { scope: Scope; standing: Standing }[] {
  return store.scopes().flatMap((scope) => {
    const standing = store.standing(scope)
    return standing === undefined ? [] : [{ scope, standing }]
  })
}

function listedOf(store: LearnStore, { workflow, pair }: Scope, standing: Standing): Listed {
  const [small = '', large = ''] = pair.split(' > ')
  const version = store.versions({ workflow, pair }).find(({ number }) => number === standing.inForce)
  const { labels, differing, untold, watch } = standing
  return {
    workflow,
    small,
    large,
    labels,
    differing,
    untold,
    version: version?.number ?? null,
    begun: version?.figures.begun ?? null,
    loss_upper: version?.figures.upper ?? null,
    watched: watch === undefined ? null : { labels: watch.labels, begun: watch.begun, lost: watch.lost },
  }
}

function versionOf({ number, at, status, statusAt, figures }: Version) {
  return {
    version: number,
    accepted_at: new Date(at).toISOString(),
    status,
    since: new Date(statusAt).toISOString(),
    fitted: figures.fitted,
    tested: figures.tested,
    begun: figures.begun,
    lost: figures.lost,
    loss_upper: figures.upper,
    confidence: 1 - figures.alpha,
    differing: figures.differing,
  }
}

type Shown = Listed & { last_trial: Standing['last'] | null; versions: ReturnType<typeof versionOf>[] }

function shownLines({
  workflow,
  small,
  large,
  labels,
  watched,
  last_trial: last,
  versions,
}: Shown): string[] {
  const head = `${printable(workflow)}: ${printable(small)} or ${printable(large)}, ${labels} labels since things last changed.`
  const lines = [head]
  if (last)
    lines.push(
      `Last tried at ${new Date(last.at).toISOString()}: ${share(last.figures.begun)} would begin at the small tier, ${last.figures.lost} of ${last.figures.tested} would be lost; ${last.accepted ? 'accepted' : 'not more than before, and so not accepted'}.`,
    )
  if (watched)
    lines.push(
      `In force, of ${watched.labels} labels ${watched.begun} began at the small tier and ${watched.lost} were lost.`,
    )
  if (versions.length === 0) return [...lines, 'No version was accepted yet.']
  const columns = [
    'version',
    'accepted (UTC)',
    'status',
    'fitted',
    'tested',
    'begun',
    'lost',
    'lost at most',
    'confidence',
  ]
  return [
    ...lines,
    textTable(
      columns.map((title, index) => ({ title, align: index === 1 || index === 2 ? 'left' : 'right' })),
      versions.map((one) => [
        String(one.version),
        one.accepted_at.slice(0, 19).replace('T', ' '),
        one.status,
        String(one.fitted),
        String(one.tested),
        share(one.begun),
        String(one.lost),
        share(one.loss_upper),
        share(one.confidence),
      ]),
    ),
  ]
}

function share(of: number | null): string {
  return of === null ? '–' : `${(of * 100).toFixed(1)}%`
}
