/**
 * The blocks of prompts, each prompt hashed only in what it has more than one that was seen: a conversation grows by a turn at a
 * time, and many begin with the same system prompt.
 */
import type { CallerRequest } from '../../openai/passed-request.ts'
import { type Blocks, BlockWriter } from './block-writer.ts'
import { addPrint, addToolsPrint } from './message-print.ts'
import { type Prompt, promptOf } from './prompt.ts'
import { TextHash } from './text-hash.ts'

export interface PromptBlocks extends Blocks {
  /** Of the beginning up to the first turn: the same for every turn of a conversation, as a 32-bit unsigned integer. */
  beginning: number
}

/** Of eight bytes each. */
const MOST_BLOCKS = 1_048_576

export class PrefixBlocks {
  /** By the print of all that was written, the last used at the end. */
  readonly #written = new Map<number, BlockWriter>()
  readonly #mostBlocks: number
  #blocks = 0

  constructor(mostBlocks = MOST_BLOCKS) {
    this.#mostBlocks = mostBlocks
  }

  /** Undefined where nothing of it could be cached. Another tenant's never begin alike. */
  of(request: CallerRequest, tenant: string): PromptBlocks | undefined {
    const prompt = promptOf(request)
    return prompt && this.ofPrompt(prompt, tenant)
  }

  ofPrompt(prompt: Prompt, tenant: string): PromptBlocks {
    const { turns } = prompt
    const prints = printsOf(prompt, tenant)
    const lead = leadOf(turns)
    const beginning = (prints[Math.min(lead + 1, turns.length)] ?? 0) % 0x100000000
    let done = turns.length
    while (done >= lead && !this.#written.has(prints[done] as number)) done--
    const writer = done < lead ? this.#writeLead(prompt, tenant, prints[lead] as number, lead) : undefined
    const from = Math.max(done, lead)
    const grown = writer ?? this.#take(prints[from] as number, from === lead)
    for (let at = from; at < turns.length; at++) grown.addValue(turns[at])
    this.#keep(prints[turns.length] as number, grown)
    const { hashes, count } = grown.blocks()
    return { hashes, count, beginning }
  }

  /** What stands ahead of the conversation, kept for others that begin with it. */
  #writeLead({ tools, system, turns }: Prompt, tenant: string, print: number, lead: number): BlockWriter {
    const writer = new BlockWriter(tenant)
    if (tools !== undefined) writer.addBytes(tools)
    writer.addValue(system)
    for (let at = 0; at < lead; at++) writer.addValue(turns[at])
    if (lead === turns.length) return writer
    this.#keep(print, writer)
    return writer.copy()
  }

  /** A beginning is copied; a conversation goes on with its own, and whoever branches off begins anew. */
  #take(print: number, isLead: boolean): BlockWriter {
    const found = this.#written.get(print) as BlockWriter
    this.#written.delete(print)
    this.#blocks -= found.count
    if (!isLead) return found
    this.#keep(print, found)
    return found.copy()
  }

  #keep(print: number, writer: BlockWriter): void {
    const replaced = this.#written.get(print)
    if (replaced !== undefined) {
      this.#written.delete(print)
      this.#blocks -= replaced.count
    }
    this.#written.set(print, writer)
    this.#blocks += writer.count
    for (const [oldest, { count }] of this.#written) {
      if (this.#blocks <= this.#mostBlocks || oldest === print) return
      this.#written.delete(oldest)
      this.#blocks -= count
    }
  }
}

/** Turns that are said ahead of the conversation. */
function leadOf(turns: readonly unknown[]): number {
  let lead = 0
  while (lead < turns.length && isSystem(turns[lead])) lead++
  return lead
}

function isSystem(turn: unknown): boolean {
  const role = (turn as { role?: unknown } | null | undefined)?.role
  return role === 'system' || role === 'developer'
}

/** At each place the print of all turns before it. */
function printsOf({ tools, system, turns }: Prompt, tenant: string): Float64Array {
  const hash = new TextHash()
  hash.addText(tenant)
  if (tools !== undefined) addToolsPrint(hash, tools)
  addPrint(hash, system, true)
  const prints = new Float64Array(turns.length + 1)
  prints[0] = hash.value
  for (let at = 0; at < turns.length; at++) {
    addPrint(hash, turns[at], at === 0 || isSystem(turns[at]))
    prints[at + 1] = hash.value
  }
  return prints
}
