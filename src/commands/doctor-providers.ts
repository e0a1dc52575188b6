/** Of each provider: whether it is reached, whether it takes its key, and what its clock says of ours. */
import type { Principal } from '../access/principal.ts'
import { getModels, type ModelsAnswer } from '../gateway/get-models.ts'
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import { headerValue } from '../providers/transport.ts'
import type { Finding } from './doctor.ts'
import { checkMetrics } from './doctor-metrics.ts'

const DEADLINE_MS = 5_000
/** Signed requests and tokens of some clouds fail beyond minutes; half of one is worth a word. */
const CLOCK_TOLERANCE_MS = 30_000

/** The principal of nobody: providers that take callers' own keys are asked without one. */
const NOBODY: Principal = {
  tenant: 'doctor',
  team: undefined,
  key: undefined,
  allowedModels: undefined,
  allowedWorkflows: undefined,
  credential: undefined,
}

/** Asks every replica under every account at once, but those that trimtab starts itself. `now` is Unix milliseconds. */
export async function checkProviders(
  registry: Registry,
  startedHere: ReadonlySet<string>,
  now: () => number,
): Promise<readonly Finding[]> {
  const others = [...registry.providers.values()].filter(({ vendor }) => vendor !== 'sandbox')
  const providers = others.filter(({ name }) => !startedHere.has(name))
  if (providers.length === 0 && startedHere.size > 0) return []
  if (providers.length === 0) {
    const message = 'none is configured; set a key such as OPENAI_API_KEY, or list some in trimtab.yaml.'
    return [{ name: 'providers', state: 'fail', message }]
  }
  const asked = await Promise.all(
    providers.flatMap((provider) =>
      provider.replicas.map(async (replica) => {
        const startedAt = now()
        const answer = await getModels(provider, replica, NOBODY, DEADLINE_MS)
        const skewMs = skewOf(answer, startedAt, now())
        const finding = findingOf(provider, replica, answer)
        const metrics = answer.kind === 'answered' ? await checkMetrics(provider, replica, finding.name) : []
        return { findings: [finding, ...problemsOf(finding, answer), ...metrics], skewMs }
      }),
    ),
  )
  const skews = asked.map(({ skewMs }) => skewMs).filter((skewMs) => skewMs !== undefined)
  return [...asked.flatMap(({ findings }) => findings), ...clock(skews)]
}

/** What a server of tensors says of the models that are declared: see `providers/tensors/server-listing.ts`. */
function problemsOf({ name }: Finding, answer: ModelsAnswer): Finding[] {
  if (answer.kind !== 'answered' || answer.status !== 200) return []
  const listed = parseJson(new TextDecoder().decode(answer.body))
  const problems = isObject(listed) && Array.isArray(listed.problems) ? listed.problems : []
  return problems.map((problem) => ({ name, state: 'fail', message: `${String(problem)}.` }))
}

function findingOf(provider: Provider, replica: Replica, answer: ModelsAnswer): Finding {
  const name = `provider ${provider.replicas.length > 1 ? replica.id : provider.name}`
  const finding = (state: Finding['state'], message: string): Finding => ({ name, state, message })
  if (answer.kind === 'late') {
    return finding(
      'fail',
      `${replica.origin} did not answer within ${DEADLINE_MS / 1000} s; check its address and the network.`,
    )
  }
  if (answer.kind === 'unproved') return finding('fail', answer.message)
  if (answer.kind === 'failed') {
    return finding(
      'fail',
      `${replica.origin} cannot be reached (${answer.error.message}); check its address, and whether it runs.`,
    )
  }
  return answered(provider, replica, answer.status, finding)
}

function answered(
  provider: Provider,
  replica: Replica,
  status: number,
  finding: (state: Finding['state'], message: string) => Finding,
): Finding {
  const credential = replica.credential.kind
  if (credential === 'client' && status < 500) {
    return finding('ok', 'reached; callers send their own keys, which are not looked at here.')
  }
  if (status < 300)
    return finding(
      'ok',
      credential === 'none' ? 'reached; it wants no key.' : 'reached, and the key is taken.',
    )
  if (credential === 'token' && (status === 401 || status === 403)) {
    const message = `its cloud's token is not taken (${status}); check that this identity may use ${replica.origin}.`
    return finding('fail', message)
  }
  if (status === 401) {
    return finding(
      'fail',
      credential === 'none'
        ? 'it wants a key (401); state its api_key.'
        : `the key is not taken (401); put a valid one ${keyPlace(provider, replica)}.`,
    )
  }
  if (status === 403) {
    return finding(
      'fail',
      'the key is known but may not list models (403); check its rights, and the region it is for.',
    )
  }
  if (status === 404 || status === 405) {
    return finding(
      'warn',
      `reached, but it lists no models (${status}), so that its key stays unproved; send it one request.`,
    )
  }
  if (status === 429)
    return finding('warn', 'reached, but it is limiting requests right now (429); check the account’s quota.')
  if (status >= 500)
    return finding('warn', `reached, but it answered ${status}; it may be down, so try again later.`)
  return finding(
    'warn',
    `reached, but it answered ${status}, which tells nothing of its key; send it one request.`,
  )
}

function keyPlace(provider: Provider, { account }: Replica): string {
  const where =
    account === 'default'
      ? `providers.${provider.name}.api_key`
      : `the account ${account} of ${provider.name}`
  return provider.keyVariable === undefined
    ? `in ${where}`
    : `in ${where}, or in ${provider.keyVariable} where none is configured`
}

/** How far our clock is ahead of the provider's; undefined where it does not say. */
function skewOf(answer: ModelsAnswer, startedAt: number, endedAt: number): number | undefined {
  if (answer.kind !== 'answered') return undefined
  const theirs = Date.parse(headerValue(answer.headers, 'date') ?? '')
  if (Number.isNaN(theirs)) return undefined
  // The header has whole seconds, and was written between the two looks at our clock.
  if (theirs + 1000 >= startedAt && theirs <= endedAt) return 0
  return theirs > endedAt ? endedAt - theirs : startedAt - (theirs + 1000)
}

/** The median, so that one provider's wrong clock is not taken for ours. */
function clock(skews: readonly number[]): Finding[] {
  const median = skews.toSorted((one, other) => one - other)[Math.floor(skews.length / 2)]
  if (median === undefined) {
    return [
      { name: 'clock', state: 'warn', message: 'no provider told the time; compare it with a time server.' },
    ]
  }
  const seconds = Math.round(Math.abs(median) / 1000)
  if (Math.abs(median) <= CLOCK_TOLERANCE_MS) {
    return [{ name: 'clock', state: 'ok', message: `within ${Math.max(1, seconds)} s of the providers’.` }]
  }
  const direction = median > 0 ? 'ahead of' : 'behind'
  const message = `${seconds} s ${direction} the providers’; let a time service set it, because reports and limits go by it.`
  return [{ name: 'clock', state: 'warn', message }]
}
