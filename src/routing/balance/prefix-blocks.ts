/**
 * The blocks of prompts, each prompt hashed only in what it has more than one that was seen: a conversation grows by a turn at a
 * time, and many begin with the same system prompt.
 */
import { forgetOldest } from '../../forget-oldest.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { promptOf } from '../../openai/prompt.ts'
import { countOfLead } from '../../openai/turns-of.ts'
import { TextHash } from '../text-hash.ts'
import { type Blocks, BlockWriter } from './block-writer.ts'
import { ConversationMemory } from './conversation-memory.ts'
import { addPrint, addToolsPrint } from './message-print.ts'

/** What blocks are made of, in the order in which servers put it together. */
export interface BlockedPrompt {
  /** As they came: tools are long, many, and the same from one request to the next. */
  tools: Uint8Array | undefined
  /** System text or instructions, where they are no turn. */
  system: unknown
  turns: readonly unknown[]
}

export interface PromptBlocks extends Blocks {
  /** Of the beginning up to the first turn: the same for every turn of a conversation, as a 32-bit unsigned integer. */
  beginning: number
}

/** Of eight bytes each. */
const MOST_WEIGHT = 2_097_152
/** System prompts that are kept for conversations to begin with. */
const MOST_LEADS = 256
/** Conversations are found by so many turns of their own. */
const KEY_TURNS = 4
/** That begin alike: more are forgotten, and hashed from the system prompt on. */
const MOST_ALIKE = 8

export class PrefixBlocks {
  readonly #leads = new Map<number, BlockWriter>()
  readonly #byKey = new Map<number, ConversationMemory[]>()
  /** The last used at the end. */
  readonly #conversations = new Set<ConversationMemory>()
  readonly #mostWeight: number
  #weight = 0

  constructor(mostWeight = MOST_WEIGHT) {
    this.#mostWeight = mostWeight
  }

  /** Undefined where nothing of it could be cached. Another tenant's never begin alike. */
  of(request: CallerRequest, tenant: string): PromptBlocks | undefined {
    // What an earlier response holds is with the account that made it, which pins the request.
    const prompt = request.passed === undefined ? promptOf(request) : undefined
    if (prompt === undefined) return undefined
    const { tools, system, messages } = prompt
    const said = messages?.value
    return this.ofPrompt(
      {
        tools: tools && request.bytes.subarray(tools.start, tools.end),
        system: system?.value,
        turns: Array.isArray(said) ? said : [said],
      },
      tenant,
    )
  }

  ofPrompt(prompt: BlockedPrompt, tenant: string): PromptBlocks {
    const { turns } = prompt
    const lead = countOfLead(turns)
    const keys = keysOf(prompt, tenant, lead)
    const found = this.#find(keys, turns)
    if (found !== undefined) this.#weight -= found.weight
    const conversation =
      found ?? new ConversationMemory(this.#leadWriter(prompt, tenant, keys[0] as number, lead))
    conversation.grow(turns, lead)
    const { hashes, count } = conversation.writer.blocks()
    // What is shorter than a block is sooner read again than found.
    if (count > 0) this.#keep(conversation, keys.at(-1) as number)
    return { hashes, count, beginning: (keys[1] ?? (keys[0] as number)) % 0x100000000 }
  }

  /** The one that the prompt continues. */
  #find(keys: readonly number[], turns: readonly unknown[]): ConversationMemory | undefined {
    for (let at = keys.length - 1; at >= 0; at--) {
      const alike = this.#byKey.get(keys[at] as number)
      const found = alike?.findLast((one) => one.isContinuedBy(turns))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** What stands ahead of the conversation, kept for others that begin with it. */
  #leadWriter(
    { tools, system, turns }: BlockedPrompt,
    tenant: string,
    key: number,
    lead: number,
  ): BlockWriter {
    let writer = this.#leads.get(key)
    if (writer === undefined) {
      writer = new BlockWriter(tenant)
      if (tools !== undefined) writer.addBytes(tools)
      writer.addValue(system)
      for (let at = 0; at < lead; at++) writer.addValue(turns[at])
    } else this.#leads.delete(key)
    this.#leads.set(key, writer)
    forgetOldest(this.#leads, MOST_LEADS)
    return writer.copy()
  }

  #keep(conversation: ConversationMemory, key: number): void {
    this.#conversations.delete(conversation)
    this.#conversations.add(conversation)
    this.#weight += conversation.weight
    if (conversation.key !== key) this.#place(conversation, key)
    // Whoever looks at a set from its beginning goes through all that was taken out there.
    if (this.#weight <= this.#mostWeight) return
    for (const oldest of this.#conversations) {
      if (this.#weight <= this.#mostWeight || oldest === conversation) return
      this.#forget(oldest)
    }
  }

  /** Where it is found by more of its turns than before: once it has some, it stays. */
  #place(conversation: ConversationMemory, key: number): void {
    this.#unplace(conversation)
    conversation.key = key
    const alike = this.#byKey.get(key)
    if (alike === undefined) this.#byKey.set(key, [conversation])
    else {
      if (alike.length >= MOST_ALIKE) this.#forget(alike[0] as ConversationMemory)
      // Forgetting the last of them takes the list away: there are more.
      alike.push(conversation)
    }
  }

  #unplace(conversation: ConversationMemory): void {
    const { key } = conversation
    const alike = key === undefined ? undefined : this.#byKey.get(key)
    if (key === undefined || alike === undefined) return
    const place = alike.indexOf(conversation)
    if (place < 0) return
    if (alike.length === 1) this.#byKey.delete(key)
    else alike.splice(place, 1)
  }

  #forget(conversation: ConversationMemory): void {
    this.#unplace(conversation)
    this.#conversations.delete(conversation)
    this.#weight -= conversation.weight
  }
}

/** What names the lead, and then the first turns, each with all before it. */
function keysOf({ tools, system, turns }: BlockedPrompt, tenant: string, lead: number): number[] {
  const hash = new TextHash()
  hash.addText(tenant)
  if (tools !== undefined) addToolsPrint(hash, tools)
  addPrint(hash, system, true)
  for (let at = 0; at < lead; at++) addPrint(hash, turns[at], true)
  const keys = [hash.value]
  const end = Math.min(turns.length, lead + KEY_TURNS)
  for (let at = lead; at < end; at++) {
    addPrint(hash, turns[at], false)
    keys.push(hash.value)
  }
  return keys
}
