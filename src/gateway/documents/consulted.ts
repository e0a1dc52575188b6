/** The part of the journey in which documents answer, or leave the request to the models. */
import { Failure } from '../../errors.ts'
import { priceUsage } from '../../metering/meter.ts'
import { noTokens } from '../../metering/tokens.ts'
import type { DocumentsTier } from '../../routing/plan.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { settleConsulted } from '../settle.ts'
import { consult } from './consult.ts'
import { answerTokens, type DocumentsAnswer, tellDocuments } from './documents-answer.ts'

interface Asking {
  documents: readonly DocumentsTier[]
  targets: readonly Target[]
  /** The model asked for; undefined where a workflow was, or nothing. */
  asked: string | undefined
}

/** True where the caller has its answer. @throws Failure `not_found` where they abstain, and there is no model to ask */
export async function consulted(journey: Journey, { documents, targets, asked }: Asking): Promise<boolean> {
  const answer = await consult(journey, documents)
  if (answer !== undefined) {
    tellDocuments(journey, answer)
    settleConsulted(journey, answer, worthOf(journey, answer, asked, targets))
    return true
  }
  if (targets.length > 0) return false
  const [note] = journey.entry.decision.knowledge ?? []
  throw new Failure(
    'not_found',
    `The documents of ${note?.collection ?? 'this workflow'} do not answer this (${note?.reason ?? 'an audit'}), and the workflow has no model to ask.`,
  )
}

/** What the same answer would have cost from the model that savings count against, whichever the plan begins with. */
function worthOf(
  { gateway, incoming, input, baseline }: Journey,
  { text }: DocumentsAnswer,
  asked: string | undefined,
  targets: readonly Target[],
): number | undefined {
  const named = asked === undefined ? undefined : gateway.registry().lookup(asked)
  const target = baseline ?? named ?? targets.at(-1)
  if (target === undefined) return undefined
  const { provider, model } = target
  const tokens = { ...noTokens(), input: input.tokens, output: answerTokens(text) }
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at: incoming.at }
  return priceUsage(gateway.pricer(), subject, { tokens }).costNanoUsd
}
