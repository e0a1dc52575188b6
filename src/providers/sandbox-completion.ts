/** Simulated legacy completions: what the sandbox's chat says to each prompt, in the older shape. */
import { type ChatBody, chatAnswer, chatChunks, readChatBody } from './sandbox-chat.ts'

interface CompletionBody {
  stream: boolean
  includeUsage: boolean
  /** One for each prompt. */
  chats: readonly ChatBody[]
}

/** What is read here of the sandbox's own chat. */
interface Answer {
  id: string
  model: string
  choices: { message: { content: string }; finish_reason: string }[]
  usage: Usage
}

interface Chunk {
  choices: { delta: { content?: string }; finish_reason: string | null }[]
}

interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

/** What the sandbox reads of a request, or in one sentence what is wrong with it. */
export function readCompletionBody(body: Readonly<Record<string, unknown>>): CompletionBody | string {
  const chats: ChatBody[] = []
  for (const prompt of promptsOf(body.prompt)) {
    const { model, max_tokens, stream, stream_options } = body
    const messages = [{ role: 'user', content: prompt }]
    const chat = readChatBody({ model, max_tokens, stream, stream_options, messages })
    if (typeof chat === 'string') return chat
    chats.push(chat)
  }
  const [first] = chats
  if (first === undefined) return 'prompt must be a text, a list of texts, or lists of token numbers.'
  return { stream: first.stream, includeUsage: first.includeUsage, chats }
}

export function completionAnswer({ chats }: CompletionBody, created: number): object {
  const answers = chats.map((chat) => chatAnswer(chat, created) as Answer)
  const choices = answers.map(({ choices: [choice] }, index) => ({
    text: choice?.message.content ?? '',
    index,
    logprobs: null,
    finish_reason: choice?.finish_reason ?? 'stop',
  }))
  return { ...frame(answers[0], created), choices, usage: usageOf(answers) }
}

export function completionChunks({ chats, includeUsage }: CompletionBody, created: number): object[] {
  const answers = chats.map((chat) => chatAnswer(chat, created) as Answer)
  const base = frame(answers[0], created)
  const pending = includeUsage ? { usage: null } : {}
  const chunks: object[] = []
  for (const [index, chat] of chats.entries()) {
    for (const { choices } of chatChunks(chat, created) as Chunk[]) {
      const [choice] = choices
      if (choice === undefined || (!choice.delta.content && choice.finish_reason === null)) continue
      const { delta, finish_reason } = choice
      const said = { text: delta.content ?? '', index, logprobs: null, finish_reason }
      chunks.push({ ...base, choices: [said], ...pending })
    }
  }
  return includeUsage ? [...chunks, { ...base, choices: [], usage: usageOf(answers) }] : chunks
}

/** Token numbers are joined, so that a token counts as a word. */
function promptsOf(prompt: unknown): string[] {
  if (prompt === null) return ['']
  if (typeof prompt === 'string') return [prompt]
  if (!Array.isArray(prompt)) return []
  if (prompt.length > 0 && prompt.every((item) => typeof item === 'number')) return [prompt.join(' ')]
  return prompt.map((item: unknown) => (Array.isArray(item) ? item.join(' ') : String(item)))
}

function frame(answer: Answer | undefined, created: number): object {
  return {
    id: answer?.id.replace('chatcmpl', 'cmpl'),
    object: 'text_completion',
    created,
    model: answer?.model,
    system_fingerprint: 'trimtab-sandbox',
  }
}

function usageOf(answers: readonly Answer[]): Usage {
  const sum = (name: keyof Usage) => answers.reduce((total, { usage }) => total + usage[name], 0)
  return {
    prompt_tokens: sum('prompt_tokens'),
    completion_tokens: sum('completion_tokens'),
    total_tokens: sum('total_tokens'),
  }
}
