/** Which edits of routes would save, told by replaying recorded requests under each. */
import { type EditedValue, editPolicy } from '../policy/edit-policy.ts'
import { type DigestOf, type PolicyFile, parsePolicy } from '../policy/parse-policy.ts'
import type { Policy, PolicySet } from '../policy/policy.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { type Path, pathLabel, valueAt, YamlText } from '../policy/yaml-text.ts'
import { type ReplayParts, replay } from '../replay/replay.ts'
import type { ReplayResult } from '../replay/replay-result.ts'
import type { Proposal, RouteForecast } from './advice.ts'

interface Candidate {
  workflow: string
  file: string
  path: Path
  from: string
  value: EditedValue
  kind: 'shadow' | 'narrower' | 'threshold'
}

export interface RouteAdviceParts extends ReplayParts {
  files: readonly PolicyFile[]
  digestOf: DigestOf
  /** Of the recorded time. */
  months: number
}

/** How far a threshold of difficulty is moved to see what comes of it. */
const STEPS = [-0.2, -0.1, -0.05, 0.05, 0.1, 0.2]
/** Below so many requests that go elsewhere, a forecast is of chance. */
const FEWEST_CHANGED = 20

export async function routeAdvice({
  files,
  digestOf,
  months,
  ...parts
}: RouteAdviceParts): Promise<Proposal[]> {
  const candidates = files.flatMap((file) => candidatesOf(file, digestOf))
  const sets = candidates.map((candidate) => edited(files, candidate, digestOf))
  const usable = candidates.flatMap((candidate, index) => {
    const set = sets[index]
    return set === undefined ? [] : [{ candidate, set }]
  })
  if (usable.length === 0) return []
  const results = await replay(
    // Labels without a policy of their own are decided by the default one.
    usable.map(({ candidate: { workflow }, set }) => ({
      policies: set,
      workflow: set.default.workflow === workflow ? undefined : workflow,
    })),
    parts,
  )
  const proposals = usable.flatMap(({ candidate }, index) => {
    const result = results[index]
    return result === undefined ? [] : proposal(candidate, result, months)
  })
  return bestOfEach(proposals)
}

function candidatesOf(file: PolicyFile, digestOf: DigestOf): Candidate[] {
  const parsed = parsePolicy(file, digestOf)
  if ('problems' in parsed) return []
  const { policy } = parsed
  const content = new YamlText(file.text, file.path).value
  const isList = Array.isArray(valueAt(content, ['route']))
  const base: Path = isList ? ['route'] : ['route', 'rules']
  const common = { workflow: policy.workflow, file: file.path }
  const { mode, rules } = policy.route
  if (rules.length === 0) return []
  if (mode === 'shadow') {
    return [{ ...common, path: ['route', 'mode'], from: 'shadow', value: 'on', kind: 'shadow' }]
  }
  return rules.flatMap((rule, index) => [
    ...narrower(rule.to, [...base, index], common),
    ...thresholds(rule, [...base, index], content, common),
  ])
}

/** Straight to the next tier, where the first one mostly hands on. */
function narrower(
  to: readonly string[],
  rule: Path,
  common: Pick<Candidate, 'workflow' | 'file'>,
): Candidate[] {
  if (to.length < 2) return []
  const value = to.slice(1)
  return [{ ...common, path: [...rule, 'to'], from: `[${to.join(', ')}]`, value, kind: 'narrower' }]
}

function thresholds(
  { when }: Policy['route']['rules'][number],
  rule: Path,
  content: unknown,
  common: Pick<Candidate, 'workflow' | 'file'>,
): Candidate[] {
  return (['below', 'above'] as const).flatMap((bound) => {
    const stated = when.difficulty?.[bound]
    const path: Path = [...rule, 'when', 'difficulty', bound]
    if (stated === undefined || valueAt(content, path) !== stated) return []
    return STEPS.map((step) => Number((stated + step).toFixed(2)))
      .filter((value) => value > 0 && value < 1)
      .map((value) => ({ ...common, path, from: String(stated), value, kind: 'threshold' as const }))
  })
}

/** Undefined where the edit cannot be made, or would not be accepted. */
function edited(
  files: readonly PolicyFile[],
  { file, path, value }: Candidate,
  digestOf: DigestOf,
): PolicySet | undefined {
  const texts = files.map((one) => {
    const text = one.path === file ? editPolicy(one.text, path, value) : one.text
    return text === undefined ? undefined : { path: one.path, text }
  })
  const whole = texts.filter((one) => one !== undefined)
  return whole.length < texts.length ? undefined : readPolicies(whole, digestOf).set
}

function proposal(
  { workflow, file, path, from, value, kind }: Candidate,
  result: ReplayResult,
  months: number,
): Proposal[] {
  const { changed, cost_usd: cost, untold } = result
  if (changed < FEWEST_CHANGED) return []
  const [low, high] = cost.change_interval
  const saves = high < 0 && untold.unpriced_requests < changed
  if (!saves && kind !== 'shadow') return []
  return [
    {
      workflow,
      file,
      key: pathLabel(path),
      from,
      to: Array.isArray(value) ? `[${value.join(', ')}]` : String(value),
      verdict: saves ? (kind === 'narrower' ? 'turn on' : 'try') : 'wait',
      reason: reasonOf(kind, saves, result),
      forecast: forecastOf(result, months, [-high, -low]),
      edit: { path, value },
    },
  ]
}

function reasonOf(kind: Candidate['kind'], saves: boolean, { changed, decided }: ReplayResult): string {
  const moved = `${changed} of ${decided} recorded requests would have gone elsewhere`
  if (!saves) return `${moved}, and nothing shows that it would have been cheaper.`
  if (kind === 'narrower')
    return `${moved}: the first tier handed so many on that to ask it first did not pay.`
  return `${moved}. How good their answers would be, no record tells: \`canary\` lets a share of them follow first.`
}

function forecastOf(
  { changed, decided, cost_usd: cost, latency_ms: latency, failed }: ReplayResult,
  months: number,
  saved: readonly [number, number],
): RouteForecast {
  return {
    changed_share: decided === 0 ? 0 : changed / decided,
    saved_usd_per_month: -cost.change / months,
    saved_usd_per_month_interval: [saved[0] / months, saved[1] / months],
    p50_ms: { before: latency.before.p50, after: latency.after.p50 },
    failed,
  }
}

/** Of several values of one key, the one that saves most. */
function bestOfEach(proposals: readonly Proposal[]): Proposal[] {
  const best = new Map<string, Proposal>()
  for (const one of proposals) {
    const key = `${one.file}\n${one.key}`
    const known = best.get(key)
    if (known === undefined || one.forecast.saved_usd_per_month > known.forecast.saved_usd_per_month) {
      best.set(key, one)
    }
  }
  return [...best.values()]
}
