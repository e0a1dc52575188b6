/** Asks a provider for the embeddings that memory does not know, and for no others. */
import { bodyOfMany, type EmbeddingInput } from '../../cache/embedding-rows.ts'
import { partSizes } from '../../metering/parts.ts'
import { editBody } from '../../openai/edit-body.ts'
import { type ModelRequest, modelRequest } from '../../openai/model-request.ts'
import { scanMembers } from '../../openai/scan-members.ts'
import type { Journey } from '../journey.ts'
import { expectedInput } from '../limits/expected-usage.ts'
import { worth } from '../memory/remembered.ts'
import type { Target } from '../outbound.ts'
import type { EmbeddingMemory } from './embedding-memory.ts'

/**
 * From here on the request is the one for the rest: what is estimated, set aside, sent, counted and learnt is of that. A plan
 * that may lead to another model than the remembered one's leaves it whole.
 */
export function askForRest(journey: Journey, targets: readonly Target[], memory: EmbeddingMemory): void {
  const { incoming, entry, gateway, passage } = journey
  const { request } = incoming
  const rest = request.passed === undefined ? memory.askForRest(targets) : undefined
  const known = memory.known()
  if (rest === undefined || known === undefined || request.passed !== undefined) return
  const reduced = withInputs(request, rest)
  const bytesPerToken = gateway.tokenRatios.bytesPerToken(entry.opened.workflow)
  const parts = partSizes(reduced)
  entry.rememberedNanoUsd = worth(journey, known) ?? 0
  entry.cache = 'partial'
  entry.decision.parts = parts
  entry.decision.reasons = [
    ...entry.decision.reasons,
    `exact cache: ${memory.knownCount} of ${memory.count} inputs were known`,
  ]
  passage.cacheStatus = `trimtab; fwd=miss; detail=partial:${memory.knownCount}/${memory.count}`
  journey.incoming = { ...incoming, request: reduced }
  journey.input = expectedInput(reduced, bytesPerToken, { parts })
}

function withInputs(request: ModelRequest, inputs: readonly EmbeddingInput[]): ModelRequest {
  const { bytes } = editBody(request, { members: [{ kind: 'set', name: 'input', value: inputs }] })
  const body = bodyOfMany(request.body, inputs)
  return modelRequest(request.endpoint, { bytes, members: scanMembers(bytes), body }, request.wantsUsage)
}
