/**
 * A prompt cache as Anthropic publishes its own: up to four breakpoints, a minimum length by model, five minutes or an hour
 * since the last use, and a look back of 20 blocks from each breakpoint. One organisation a key.
 */
import { createHash } from 'node:crypto'
import { isFields } from './chat-answer.ts'
import { type Counted, counted } from './counted.ts'

type Body = Readonly<Record<string, unknown>>

interface Block {
  /** Of the prompt up to and with this block. */
  hash: string
  tokens: number
  ttl: '5m' | '1h' | undefined
}

const LOOKBACK = 20
const TTL_MS = { '5m': 300_000, '1h': 3_600_000 }

export class AnthropicPromptCache {
  readonly #untilMs = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  count(organisation: string, body: Body, output: number): Counted {
    const model = String(body.model)
    const blocks = blocksOf(body, `${organisation}\n${model}`)
    const total = blocks.at(-1)?.tokens ?? 0
    const marked = blocks.flatMap(({ ttl }, index) => (ttl === undefined ? [] : [index]))
    const found = this.#longest(blocks, marked)
    const read = found === undefined ? 0 : (blocks[found]?.tokens ?? 0)
    const written = { '5m': 0, '1h': 0 }
    let from = read
    for (const index of marked) {
      const { hash, tokens, ttl } = blocks[index] as Block
      if (ttl === undefined || tokens < minimum(model)) continue
      this.#untilMs.set(hash, Math.max(this.#untilMs.get(hash) ?? 0, this.#now() + TTL_MS[ttl]))
      if (tokens > from) {
        written[ttl] += tokens - from
        from = tokens
      }
    }
    return counted({
      input: total - from,
      cache_read: read,
      cache_write_5m: written['5m'],
      cache_write_1h: written['1h'],
      output,
    })
  }

  #longest(blocks: readonly Block[], marked: readonly number[]): number | undefined {
    for (const mark of marked.toReversed()) {
      for (let index = mark; index >= 0 && index > mark - LOOKBACK; index--) {
        const until = this.#untilMs.get(blocks[index]?.hash ?? '')
        if (until !== undefined && until > this.#now()) return index
      }
    }
    return undefined
  }
}

/** A sentence, where the API refuses the marks. */
export function refusedMarks(body: Body): string | undefined {
  const blocks = blocksOf(body, '')
  const marks = blocks.flatMap(({ ttl }) => ttl ?? [])
  if (marks.length > 4)
    return `A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`
  if (marks.lastIndexOf('1h') > marks.indexOf('5m') && marks.includes('5m'))
    return "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block."
  const bad = listOf(body.messages).some(({ content }) =>
    listOf(content).some(
      ({ type, text, cache_control: mark }) =>
        isFields(mark) && (type === 'thinking' || (type === 'text' && text === '')),
    ),
  )
  return bad ? 'cache_control cannot be set for empty text blocks or thinking blocks' : undefined
}

function blocksOf(body: Body, salt: string): Block[] {
  const said = [
    ...listOf(body.tools).filter((tool) => tool.defer_loading !== true),
    ...contentOf(body.system),
    ...listOf(body.messages).flatMap(({ role, content }) =>
      contentOf(content).map((block) => ({ role, ...block })),
    ),
  ]
  const blocks: Block[] = []
  let tokens = 0
  let hash = salt
  for (const { cache_control: mark, ...block } of said as Body[]) {
    const text = JSON.stringify(block)
    tokens += Math.ceil(text.length / 4)
    hash = createHash('sha256').update(hash).update(text).digest('hex')
    blocks.push({ hash, tokens, ttl: isFields(mark) ? (mark.ttl === '1h' ? '1h' : '5m') : undefined })
  }
  return blocks
}

function contentOf(content: unknown): Body[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content)
}

function listOf(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function minimum(model: string): number {
  if (/opus-5|fable-5/.test(model)) return 512
  return /haiku-4-5|opus-4-[56]/.test(model) ? 4096 : 1024
}
