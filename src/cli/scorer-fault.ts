/** For `check`: why a classifier that a policy names cannot tell how hard a request is, where the configuration alone says so. */
import type { Config } from '../config.ts'
import { providersOf } from '../platform/node/providers-of.ts'
import { sendsCallersKey } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import type { ServedModel } from '../providers/tensors/served-model.ts'
import type { Scorer } from '../routing/scorer.ts'
import { commandCatalog } from './command-catalog.ts'

/** Undefined where nothing speaks against it; else a clause that goes on after the classifier's name. */
export async function scorerFault(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<(scorer: Scorer) => string | undefined> {
  const { registry } = await commandCatalog(config, environment)
  const settings = await providersOf(config, environment, () => {})
  return ({ model, label }) => {
    const found = registry.lookup(model)
    if (found === undefined) return undefined
    const { provider } = found
    if (provider.vendor === 'anthropic') return `is reached by Anthropic's API, which has no moderations`
    if (provider.vendor === 'openai' && !/moderation/.test(found.model))
      return 'is none of the models by which OpenAI answers moderations, such as `omni-moderation-latest`'
    const tensors = settings.find(({ name }) => name === provider.name)?.tensors
    const served = tensors?.models.get(found.model)
    return (served && servedFault(served, label)) ?? keyFault(provider.name, registry)
  }
}

function servedFault({ serves, labels, outputs }: ServedModel, label: string): string | undefined {
  if (serves !== 'moderations') return `answers /v1/${serves}, not /v1/moderations`
  // A single label is taken by whatever name; others the server tells.
  if (outputs.has('labels') || labels.length < 2 || labels.includes(label)) return undefined
  return `has no label \`${label}\` among its ${labels.join(', ')}`
}

/** Whoever asks for the workflow by name sends a key that may be meant for any of them. */
function keyFault(name: string, registry: Registry): string | undefined {
  const takers = [...registry.providers.values()].filter(sendsCallersKey).map((taker) => taker.name)
  if (!takers.includes(name) || takers.length < 2) return undefined
  const others = takers.filter((taker) => taker !== name).join(' and ')
  return `takes callers' own keys, as ${others} does too: of a caller that names no model of ${name} it is not asked`
}
