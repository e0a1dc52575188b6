/**
 * A prompt cache as OpenAI publishes its own. Requests go to a machine by the beginning of their prompt and their key, at most
 * 15 a minute to one. Before GPT-5.6 a machine keeps every 128 tokens from 1,024 on; since then it keeps breakpoints.
 */
import { createHash } from 'node:crypto'
import { isFields } from './chat-answer.ts'
import { type Counted, counted } from './counted.ts'

type Body = Readonly<Record<string, unknown>>

const MACHINES = 64
const PER_MINUTE = 15
const ROUTED_CHARACTERS = 1024
const CHARACTERS_PER_TOKEN = 4
const LEAST_TOKENS = 1024
const STEP_TOKENS = 128
const KEPT_MS = 600_000
const KEPT_SINCE_5_6_MS = 1_800_000
const MOST_READ = 80
const MOST_WRITTEN = 4

export class OpenaiPromptCache {
  readonly #untilMs = new Map<string, number>()
  readonly #traffic = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** `output` and `reasoning` are taken over. */
  count(organisation: string, body: Body, said: Pick<Counted, 'output' | 'reasoning'>): Counted {
    const { text, marks } = promptOf(body)
    const machine = `${organisation}\n${body.model}\n${this.#machine(text, body)}`
    const total = tokensOf(text.length)
    const { output, reasoning } = said
    if (!takesBreakpoints(body)) {
      const read = this.#steps(machine, text)
      return counted({ input: total - read, cache_read: read, output, reasoning })
    }
    const { read, written } = this.#breakpoints(machine, text, marks)
    return counted({
      input: total - read - written,
      cache_read: read,
      cache_write_30m: written,
      output,
      reasoning,
    })
  }

  #machine(text: string, body: Body): number {
    const route = hashed(`${text.slice(0, ROUTED_CHARACTERS)}\n${body.prompt_cache_key ?? ''}`)
    const minute = `${route} ${Math.floor(this.#now() / 60_000)}`
    const count = this.#traffic.get(minute) ?? 0
    this.#traffic.set(minute, count + 1)
    return (Number.parseInt(route.slice(0, 8), 16) + Math.floor(count / PER_MINUTE)) % MACHINES
  }

  #steps(machine: string, text: string): number {
    const whole = Math.floor(tokensOf(text.length) / STEP_TOKENS) * STEP_TOKENS
    let read = 0
    for (let tokens = LEAST_TOKENS; tokens <= whole; tokens += STEP_TOKENS) {
      const name = `${machine}\n${hashed(text.slice(0, tokens * CHARACTERS_PER_TOKEN))}`
      if ((this.#untilMs.get(name) ?? 0) > this.#now()) read = tokens
      this.#untilMs.set(name, this.#now() + KEPT_MS)
    }
    return read
  }

  #breakpoints(machine: string, text: string, marks: readonly number[]): { read: number; written: number } {
    const long = marks.filter((at) => tokensOf(at) >= LEAST_TOKENS)
    const name = (at: number): string => `${machine}\n${hashed(text.slice(0, at))}`
    const found = long.slice(-MOST_READ).findLast((at) => (this.#untilMs.get(name(at)) ?? 0) > this.#now())
    for (const at of long.slice(-MOST_WRITTEN)) this.#untilMs.set(name(at), this.#now() + KEPT_SINCE_5_6_MS)
    const read = found === undefined ? 0 : tokensOf(found)
    return { read, written: Math.max(0, tokensOf(long.at(-1) ?? 0) - read) }
  }
}

/** Name of a member that the model does not take. */
export function refusedMember(body: Body): string | undefined {
  if (takesBreakpoints(body)) return undefined
  if (body.prompt_cache_options !== undefined) return 'prompt_cache_options'
  return JSON.stringify(body).includes('"prompt_cache_breakpoint":') ? 'prompt_cache_breakpoint' : undefined
}

function takesBreakpoints({ model }: Body): boolean {
  return /^gpt-(?:5\.[6-9]|[6-9])/.test(String(model))
}

/** The prompt as one text, and where in it breakpoints stand, the implicit one among them. */
function promptOf(body: Body): { text: string; marks: readonly number[] } {
  let text = JSON.stringify(body.tools ?? []) + String(body.instructions ?? '')
  const marks: number[] = []
  for (const message of listOf(body.messages ?? body.input)) {
    const { content, output, ...rest } = message
    text += JSON.stringify(rest)
    for (const { prompt_cache_breakpoint: mark, ...part } of partsOf(content ?? output)) {
      text += JSON.stringify({ ...part, type: 'text' })
      if (isFields(mark)) marks.push(text.length)
    }
  }
  const options = isFields(body.prompt_cache_options) ? body.prompt_cache_options : {}
  if (options.mode !== 'explicit') marks.push(text.length)
  return { text, marks: marks.slice(-MOST_READ) }
}

function partsOf(content: unknown): Body[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content)
}

function listOf(value: unknown): Body[] {
  if (typeof value === 'string') return [{ role: 'user', content: value }]
  return Array.isArray(value) ? value.filter(isFields) : []
}

function tokensOf(characters: number): number {
  return Math.floor(characters / CHARACTERS_PER_TOKEN)
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
