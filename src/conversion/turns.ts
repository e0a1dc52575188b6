/** Anthropic's turns while they are put together: user and assistant take turns, so that neighbours of one side are one. */
import type { Fields, Notes } from './converted.ts'

type Role = 'user' | 'assistant' | 'system'

interface Turn {
  role: Role
  blocks: Fields[]
}

export class Turns {
  readonly #turns: Turn[] = []

  get isEmpty(): boolean {
    return this.#turns.length === 0
  }

  /** Nothing to say makes no turn: Anthropic refuses empty ones. */
  add(role: Role, blocks: readonly Fields[]): void {
    if (blocks.length === 0) return
    const last = this.#turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else this.#turns.push({ role, blocks: [...blocks] })
  }

  /** The result of that call in the turn that is being put together. */
  toolResult(toolUseId: string): Fields | undefined {
    const last = this.#turns.at(-1)
    return last?.blocks.find((block) => block.type === 'tool_result' && block.tool_use_id === toolUseId)
  }

  list(notes: Notes): Fields[] {
    const last = this.#turns.at(-1)
    if (last?.role === 'assistant') trimEnd(last, notes)
    return this.#turns.map(({ role, blocks }) => ({ role, content: contentOf(blocks) }))
  }
}

/** Puts a block back to where it stood in a result's content. */
export function placeInResult(result: Fields, block: Fields, index: number): void {
  const { content } = result
  const blocks: unknown[] = Array.isArray(content)
    ? [...content]
    : content === ''
      ? []
      : [{ type: 'text', text: content }]
  blocks.splice(index, 0, block)
  result.content = blocks
}

/** An answer that is to be continued must not end in white space. */
function trimEnd(turn: Turn, notes: Notes): void {
  const block = turn.blocks.at(-1)
  if (block?.type !== 'text' || typeof block.text !== 'string') return
  const text = block.text.trimEnd()
  if (text === block.text) return
  notes.add('messages', 'white space at the end of the last assistant message was cut, as Anthropic asks.')
  turn.blocks.pop()
  if (text !== '') turn.blocks.push({ ...block, text })
}

function contentOf(blocks: readonly Fields[]): string | readonly Fields[] {
  const [only] = blocks
  const isPlain = blocks.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  return isPlain ? String(only.text) : blocks
}
