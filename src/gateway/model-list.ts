/** The models a caller may ask for: workflows, aliases, what configuration lists, and what providers list themselves. */

import { isModelAllowed } from '../access/allowed.ts'
import type { Principal } from '../access/principal.ts'
import type { PolicySet } from '../policy/policy.ts'
import { permittedWorkflows } from '../policy/resolve-workflow.ts'
import { modelNames } from '../providers/discovery.ts'
import { type Provider, sendsCallersKey } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import { getModels } from './get-models.ts'
import { foundAs } from './may-ask.ts'

/** OpenAI's model object. */
export interface ListedModel {
  id: string
  object: 'model'
  /** Unix seconds; 0 where nobody knows. */
  created: number
  owned_by: string
}

/** A provider that does not list its models in this time is left out of the list. */
const DEADLINE_MS = 3_000
const KEPT_MS = 60_000

interface ModelListParts {
  policies(): PolicySet
  registry(): Registry
  elapsedMs(): number
}

export class ModelList {
  readonly #parts: ModelListParts
  readonly #kept = new Map<string, { untilMs: number; names: Promise<readonly string[]> }>()

  constructor(parts: ModelListParts) {
    this.#parts = parts
  }

  async of(principal: Principal): Promise<readonly ListedModel[]> {
    const registry = this.#parts.registry()
    const workflows = [...this.#parts.policies().byWorkflow.values()].filter(
      (policy) => policy.tiers.size > 0,
    )
    const known = [
      ...workflows.map((policy) => listed(policy.workflow, 'trimtab')),
      ...registry.list().map((entry) => listed(entry.id, entry.provider)),
    ]
    const providers = [...registry.providers.values()]
    // The sandbox is always there; it shows where nothing else is.
    const shown = providers.length === 1 ? providers : providers.filter(({ vendor }) => vendor !== 'sandbox')
    const asked = shown.filter(({ models }) => models.size === 0)
    const several = shown.length > 1
    const fetched = await Promise.all(asked.map((provider) => this.#fetched(provider, principal)))
    const more = asked.flatMap((provider, index) =>
      (fetched[index] ?? []).map((name) => {
        const bare = !several || registry.lookup(name)?.provider === provider
        return listed(bare ? name : `${provider.name}/${name}`, provider.name)
      }),
    )
    const byId = new Map([...more, ...known].map((model) => [model.id, model]))
    const mayAsk = this.#mayAsk(principal, registry)
    return [...byId.values()].filter(({ id }) => mayAsk(id))
  }

  /** By any name that leads to a listed model: its own, its alias's, or `provider/model`. Undefined where none does. */
  async find(id: string, principal: Principal): Promise<ListedModel | undefined> {
    const listed = await this.of(principal)
    const exact = listed.find((model) => model.id === id)
    const registry = this.#parts.registry()
    const asked = registry.lookup(id)
    if (exact !== undefined || asked === undefined || !this.#mayAsk(principal, registry)(id)) return exact
    const leadsThere = (name: string): boolean => {
      const found = registry.lookup(name)
      return found?.provider === asked.provider && found.model === asked.model
    }
    // A workflow's name leads where its policy says, and not where a model of that name would be.
    const same = listed.find((model) => model.owned_by === asked.provider.name && leadsThere(model.id))
    return same && { ...same, id }
  }

  /** By the rules that a request is held to: what is listed can be called, and what can be called is listed. */
  #mayAsk(principal: Principal, registry: Registry): (id: string) => boolean {
    const policies = this.#parts.policies()
    const { allowedWorkflows, key } = principal
    const workflows = permittedWorkflows(policies, { allowedWorkflows, keyName: key?.name })
    return (id) => {
      if (workflows !== undefined && policies.byWorkflow.has(id) && !workflows.includes(id)) return false
      return isModelAllowed(principal, id, foundAs(registry.lookup(id)))
    }
  }

  #fetched(provider: Provider, principal: Principal): Promise<readonly string[]> {
    const ownKey = sendsCallersKey(provider)
    // What one caller's own key may see is nobody else's business.
    if (ownKey) return principal.credential ? fetchNames(provider, principal) : Promise.resolve([])
    const kept = this.#kept.get(provider.name)
    if (kept && kept.untilMs > this.#parts.elapsedMs()) return kept.names
    const names = fetchNames(provider, principal)
    this.#kept.set(provider.name, { untilMs: this.#parts.elapsedMs() + KEPT_MS, names })
    return names
  }
}

/** Never rejects: a provider that cannot say is left out. */
async function fetchNames(provider: Provider, principal: Principal): Promise<readonly string[]> {
  const [replica] = provider.replicas
  if (!replica) return []
  const answer = await getModels(provider, replica, principal, DEADLINE_MS)
  return answer.kind === 'answered' && answer.status === 200 ? namesIn(answer.body) : []
}

function namesIn(bytes: Uint8Array): readonly string[] {
  try {
    return modelNames(JSON.parse(new TextDecoder().decode(bytes))) ?? []
  } catch {
    return []
  }
}

function listed(id: string, owner: string): ListedModel {
  return { id, object: 'model', created: 0, owned_by: owner }
}
