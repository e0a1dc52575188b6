/** What commands need that ask what a running server would do: its policies, its catalog, and who would be calling. */
import { existsSync } from 'node:fs'
import { principalOf } from '../access/authenticate.ts'
import type { Principal } from '../access/principal.ts'
import type { Config } from '../config.ts'
import type { ExplainSources } from '../gateway/explained/explain.ts'
import type { TokenRatios } from '../metering/token-ratios.ts'
import { ConfigError } from '../platform/node/config-files.ts'
import type { InstallationState } from '../platform/node/installation-state.ts'
import { openPrior } from '../platform/node/node-classifier.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { sha256 } from '../platform/node/sha256.ts'
import type { PolicySet } from '../policy/policy.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { problemLine } from '../policy/problem.ts'
import { Balancer } from '../routing/balance/balancer.ts'
import { hourClock } from '../routing/hour-clock.ts'
import { commandCatalog } from './command-catalog.ts'

/**
 * `isNamed`: the folder was given with the command; else one that is not there means no policies, as for `serve`.
 * @throws ConfigError with a line for each error in them
 */
export async function soundPolicies({ policies }: Config, isNamed: boolean): Promise<PolicySet> {
  const files = isNamed || existsSync(policies) ? await readPolicyPaths([policies]) : []
  const { set, problems } = readPolicies(files, sha256)
  if (set !== undefined) return set
  throw new ConfigError(problems.filter(({ severity }) => severity === 'error').map(problemLine))
}

/** What requests are planned with, as on a running server; where weights draw lots, the first in the file comes first. */
export async function sourcesOf(
  config: Config,
  tokenRatios: TokenRatios,
): Promise<(policies: PolicySet) => ExplainSources> {
  const { registry, pricer } = await commandCatalog(config, process.env)
  const hourIn = hourClock()
  // Where it cannot be read a server tells so, and takes difficulty for unknown as well.
  const prior = await openPrior().catch(() => undefined)
  return (policies) => ({
    policies: () => policies,
    registry: () => registry,
    pricer: () => pricer,
    hourIn,
    tokenRatios,
    classifier: () => prior,
    random: () => 0,
    // As where a server has just started.
    balancer: new Balancer(() => 0),
    slots: { inFlight: () => 0 },
    health: { isCooling: () => false },
    elapsedMs: () => 0,
  })
}

/** Undefined where no such key was made: policies may be tried with any name. */
export async function callerNamed(
  name: string | undefined,
  { access }: Config,
  { keyNamed }: InstallationState,
): Promise<Principal | undefined> {
  const record = name === undefined || access.mode === 'open' ? undefined : await keyNamed(name)
  return record && principalOf(record, access.teams)
}
