/** Asks memory for the embeddings of a request input by input, and gives it what a provider told. */
import type { CacheDirectives } from '../../cache/cache-control.ts'
import { bodyOfOne, inputsOf } from '../../cache/embedding-rows.ts'
import { exactKey } from '../../cache/exact-key.ts'
import type { ExactStore } from '../../cache/exact-store.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { Departure } from '../journey.ts'
import type { KeySources } from '../memory/recording.ts'
import { mayAnswer, worth } from '../memory/remembered.ts'
import { keyParts, type Named } from '../memory/request-key.ts'
import type { Passage } from '../passage.ts'
import { EmbeddingMemory, type SplitInput } from './embedding-memory.ts'

/** As many as OpenAI takes in one request; longer lists are remembered as a whole. */
const MOST_INPUTS = 2048
/** Names and lookups in a row: then others have their turn. */
const INPUTS_A_TURN = 64

/** Undefined where there is nothing to tell apart: one input, or what is no list of inputs. */
export async function splitInputs(
  named: Named,
  { policy, workflow }: ResolvedWorkflow,
  sources: KeySources,
): Promise<EmbeddingMemory | undefined> {
  const { body, stream, endpoint } = named.request
  const inputs = endpoint === 'embeddings' && !stream ? inputsOf(body) : undefined
  if (inputs === undefined || inputs.length < 2 || inputs.length > MOST_INPUTS) return undefined
  const parts = keyParts(named, sources, policy, workflow)
  const byKey = new Map<string, SplitInput>()
  const inOrder: SplitInput[] = []
  for (const input of inputs) {
    const key = await exactKey({ ...parts, body: bodyOfOne(body, input) }, sources.sha256)
    if (key === undefined) return undefined
    const split = byKey.get(key) ?? { key, input, known: undefined }
    byKey.set(key, split)
    inOrder.push(split)
    if (inOrder.length % INPUTS_A_TURN === 0) await othersTurn()
  }
  return new EmbeddingMemory(inOrder, [...byKey.values()])
}

export async function findInputs(
  memory: EmbeddingMemory,
  store: Pick<ExactStore, 'find'>,
  { tenant, directives, nowMs }: { tenant: string; directives: CacheDirectives; nowMs: number },
): Promise<void> {
  for (const [index, split] of memory.distinct.entries()) {
    const found = await store.find(split.key, nowMs)
    if (found !== undefined && mayAnswer(found, tenant, directives, nowMs)) memory.know(split, found)
    if ((index + 1) % INPUTS_A_TURN === 0) await othersTurn()
  }
}

/** In shadow what is known is counted, and all is asked for. */
export function shadowKnown(memory: EmbeddingMemory, journey: Departure): void {
  const known = memory.known()
  if (known !== undefined) journey.entry.shadowed('exact', worth(journey, known))
  memory.forget()
}

/** Whatever of them the provider tells is remembered input by input. */
export function rememberingInputs(
  passage: Passage,
  memory: EmbeddingMemory,
  { entry, gateway }: Departure,
  ttlMs: number,
): void {
  passage.embeddings = memory
  passage.keep = (answered) => {
    const { tenant, workflow } = entry.opened
    const createdAt = gateway.now()
    const facts = { tenant, workflow, createdAt, expiresAt: createdAt + ttlMs }
    for (const row of memory.rows(answered, facts)) gateway.exactStore.remember(row)
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
