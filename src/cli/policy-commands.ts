/** The commands about what policies say: `check`, `test` and `explain`. */
import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Principal } from '../access/principal.ts'
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts'
import { check } from '../commands/check.ts'
import { explainCommand } from '../commands/explain.ts'
import type { RequestQuestion } from '../commands/request-question.ts'
import { testCommand } from '../commands/test.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import type { ExplainSources } from '../gateway/explained/explain.ts'
import type { ForetellSources } from '../gateway/explained/foretell.ts'
import { pastBudgets } from '../gateway/limits/budget-adoption.ts'
import { Budgets } from '../gateway/limits/budgets.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import { TokenRatios } from '../metering/token-ratios.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { type InstallationState, openInstallation } from '../platform/node/installation-state.ts'
import { collectionsIn, knowledgeFile } from '../platform/node/knowledge-database.ts'
import { ratiosOf } from '../platform/node/ledger-lessons.ts'
import { imagesFault } from '../platform/node/node-images.ts'
import { type OpenedKnowledge, openKnowledge } from '../platform/node/open-knowledge.ts'
import type { OpenedLearning } from '../platform/node/open-learning.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { openSemanticReading, type SemanticReading } from '../platform/node/read-semantic.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { ShippedModels } from '../platform/node/shipped-models.ts'
import type { PolicyFile } from '../policy/parse-policy.ts'
import type { PolicySet } from '../policy/policy.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { callerNamed, soundPolicies, sourcesOf } from './asked-sources.ts'
import { confirmModel } from './command-catalog.ts'
import { output, run, withPolicies } from './command-line.ts'
import { scorerFault } from './scorer-fault.ts'

type CheckFlags = ConfigFlags & { strict?: boolean; json?: boolean }
type ExplainFlags = ConfigFlags &
  Pick<RequestQuestion, 'endpoint' | 'workflow' | 'model' | 'key' | 'tags'> & {
    file?: string
    json?: boolean
    sandbox?: boolean
  }

export function addPolicyCommands(program: Command): void {
  withPolicies(program.command('check [files...]').description('check policy files'))
    .option('--strict', 'fail on models that no provider lists')
    .option('--json', 'print JSON')
    .action((files: string[], flags: CheckFlags) => run(() => checkHere(files, flags)))
  withPolicies(program.command('test').description('hold each policy to the examples in its `tests:`'))
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & { json?: boolean }) => run(() => testHere(flags)))
  withPolicies(
    program
      .command('explain [prompt]')
      .description('tell what would become of a request, and why, without sending it'),
  )
    .option('--file <request.json>', 'the whole body of a request, in place of a prompt')
    .option(
      '--endpoint <name>',
      'of the body: chat/completions, responses, messages, …; told by it where it can be',
    )
    .option('--workflow <name>', 'as x-trimtab-workflow would name it')
    .option('--model <name>', 'the model asked for; with a prompt, default: auto')
    .option('--key <name>', "name of the caller's key")
    .option('--tags <k=v,…>', 'as x-trimtab-tags would carry them')
    .option('--json', 'print JSON')
    .action((prompt: string | undefined, flags: ExplainFlags) => run(() => explainHere(prompt, flags)))
}

async function checkHere(files: readonly string[], flags: CheckFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  return check(
    { files, strict: flags.strict === true, json: flags.json === true },
    {
      policiesFolder: config.policies,
      // A folder that nobody named and that is not there means no policies, as for `serve`.
      readPaths: (paths) =>
        readPolicyPaths(flags.policies === undefined ? paths.filter((path) => existsSync(path)) : paths),
      digestOf: sha256,
      confirmModel: await confirmModel(config, process.env),
      scorerFault: await scorerFault(config, process.env),
      collections: collectionsIn(config.data),
      imagesFault,
    },
    output,
  )
}

async function testHere(flags: ConfigFlags & { json?: boolean }): Promise<number> {
  const { config } = readConfig(flags, process.env)
  // The same on every machine: an example must not fail for what one ledger has learned.
  const sourcesFor = await sourcesOf(config, new TokenRatios())
  return testCommand(
    flags,
    {
      readFiles: () => readPolicyPaths([config.policies]),
      readPolicies: (files: readonly PolicyFile[]) => readPolicies(files, sha256),
      sourcesFor,
      now: Date.now(),
    },
    output,
  )
}

async function explainHere(prompt: string | undefined, flags: ExplainFlags): Promise<number> {
  const asks = askedBy(prompt, flags.file)
  const { config } = readConfig(flags, process.env)
  const policies = await soundPolicies(config, flags.policies !== undefined)
  const sources = (await sourcesOf(config, ratiosOf(config.data)))(policies)
  const state = openInstallation(config.data)
  const shipped = new ShippedModels()
  // A model may have to be loaded for it: only where a policy asks.
  let semantic: Promise<SemanticReading | undefined> | undefined
  let learned: OpenedLearning | undefined
  let documents: Promise<OpenedKnowledge> | undefined
  try {
    const principal = await callerNamed(flags.key, config, state)
    const notes = [...state.notes, ...callerNotes(flags.key, config, principal)]
    const semanticCache = async (): Promise<SemanticCache | undefined> => {
      semantic ??= openSemanticReading(config, process.env, shipped).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        notes.push(`Questions that mean the same could not be looked at: ${reason}`)
        return undefined
      })
      return (await semantic)?.cache
    }
    learned = await learnedHere(sources.policies(), config, shipped, notes)
    await state.lookBack(pastBudgets(config.budgets, policies), Date.now())
    const knowledgeHere = async (): Promise<Knowledge | undefined> => {
      if (!existsSync(knowledgeFile(config.data))) return undefined
      documents ??= openKnowledge({ config, shipped, now: Date.now, warn: (message) => notes.push(message) })
      return (await documents).knowledge
    }
    const looked = {
      ...foretellSources(sources, config, state),
      semanticCache,
      knowledge: knowledgeHere,
      learning: () => learned?.learning,
    }
    const parts = { sources: looked, notes, now: Date.now() }
    return await explainCommand({ ...flags, asks, principal }, flags, parts, output)
  } finally {
    await (await semantic)?.close()
    await learned?.close()
    await (await documents)?.close()
    state.close()
  }
}

/** Undefined where no policy learns, or nothing can be looked at. */
async function learnedHere(
  policies: PolicySet,
  { data }: Config,
  shipped: ShippedModels,
  notes: string[],
): Promise<OpenedLearning | undefined> {
  if (![policies.default, ...policies.inOrder].some(({ route }) => route.learn !== undefined))
    return undefined
  const { readLearning } = await import('../platform/node/open-learning.ts')
  return readLearning(data, shipped).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    notes.push(`What was learned could not be looked at: ${reason}`)
    return undefined
  })
}

function callerNotes(
  name: string | undefined,
  { access }: Config,
  principal: Principal | undefined,
): string[] {
  if (access.mode === 'open' || principal !== undefined) return []
  if (name !== undefined) return [`No key named ${name} is in force: its limits and its memory are not told.`]
  return ['Limits and memory are those of a key: name one with --key.']
}

function foretellSources(
  sources: ExplainSources,
  { budgets }: Config,
  { budgetSpent, budgetEarlier, remembered }: InstallationState,
): Omit<ForetellSources, 'semanticCache' | 'knowledge'> {
  return {
    ...sources,
    sha256,
    exactStore: { find: remembered },
    budgetSpent,
    budgetEarlier,
    budgets: new Budgets({
      installation: () => budgets,
      ledger: { budgetSpent },
      now: Date.now,
      warn: () => {},
    }),
  }
}

function askedBy(prompt: string | undefined, file: string | undefined): RequestQuestion['asks'] {
  if ((prompt === undefined) === (file === undefined)) {
    throw new Failure('invalid_request', 'Give either a prompt or --file request.json.')
  }
  if (file === undefined) return { prompt: prompt ?? '' }
  try {
    return { body: readFileSync(file, 'utf8') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_request', `The request ${file} cannot be read: ${reason}`)
  }
}
