/** What one account of the mock keeps: files, batches that are worked off when they are asked for, and other objects. */
import { createHash } from 'node:crypto'
import { answerChat } from './chat-answer.ts'
import { completionJson } from './chat-wire.ts'

interface StoredFile {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  filename: string
  purpose: string
  status: 'processed'
}

interface Batch {
  id: string
  object: 'batch'
  endpoint: string
  input_file_id: string
  completion_window: string
  status: 'validating' | 'completed' | 'cancelled'
  output_file_id: string | null
  error_file_id: string | null
  created_at: number
  request_counts: { total: number; completed: number; failed: number }
}

type Body = Readonly<Record<string, unknown>>

export class AccountStore {
  readonly #mark: string
  readonly files = new Map<string, { file: StoredFile; content: Buffer }>()
  readonly batches = new Map<string, Batch>()
  /** Vector stores, conversations, responses: kept as they were asked for. */
  readonly objects = new Map<string, object>()
  /** Of its own making. */
  readonly models = new Set<string>()
  readonly chats = new Map<string, object>()
  #made = 0

  /** Ids of different accounts differ. */
  constructor(key: string) {
    this.#mark = createHash('sha256').update(key).digest('hex').slice(0, 8)
  }

  addFile(content: Buffer, filename: string, purpose: string): StoredFile {
    const file: StoredFile = {
      id: this.#id('file-'),
      object: 'file',
      bytes: content.length,
      created_at: 1_700_000_000,
      filename,
      purpose,
      status: 'processed',
    }
    this.files.set(file.id, { file, content })
    return file
  }

  /** Undefined where this account has no such file. */
  addBatch(body: Body): Batch | undefined {
    const input = String(body.input_file_id)
    if (!this.files.has(input)) return undefined
    const batch: Batch = {
      id: this.#id('batch_'),
      object: 'batch',
      endpoint: String(body.endpoint),
      input_file_id: input,
      completion_window: String(body.completion_window),
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      created_at: 1_700_000_000,
      request_counts: { total: 0, completed: 0, failed: 0 },
    }
    this.batches.set(batch.id, batch)
    return batch
  }

  /** Worked off by the first look. */
  batch(id: string): Batch | undefined {
    const batch = this.batches.get(id)
    if (batch?.status !== 'validating') return batch
    const lines = this.files.get(batch.input_file_id)?.content.toString().trim().split('\n') ?? []
    const answers = lines.map((line, index) => this.#answer(JSON.parse(line) as Body, index))
    const failed = answers.filter(({ response }) => response.status_code !== 200)
    const jsonl = (some: readonly object[]) =>
      Buffer.from(some.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const output = answers.filter(({ response }) => response.status_code === 200)
    batch.output_file_id = this.addFile(jsonl(output), 'output.jsonl', 'batch_output').id
    if (failed.length > 0)
      batch.error_file_id = this.addFile(jsonl(failed), 'errors.jsonl', 'batch_output').id
    batch.status = 'completed'
    batch.request_counts = { total: lines.length, completed: output.length, failed: failed.length }
    return batch
  }

  /** A second apart, so that their order is theirs and not the clock's. */
  keepChat(chat: { id: string }): void {
    const created = 1_700_000_000 + Number(/\d+$/.exec(chat.id)?.[0])
    this.chats.set(chat.id, { ...chat, created })
  }

  addObject(object: string, prefix: string, body: Body): { id: string } {
    const made = { ...body, id: this.#id(prefix), object }
    this.objects.set(made.id, made)
    return made
  }

  objectsOf(kind: string): readonly object[] {
    return [...this.objects.values()].filter((made) => 'object' in made && made.object === kind)
  }

  #answer(line: Body, index: number) {
    const asked = line.body as Body
    const head = { id: `batch_req_${this.#mark}${index}`, custom_id: line.custom_id, error: null }
    if (!Array.isArray(asked.messages)) {
      const error = { message: "Missing required parameter: 'messages'.", type: 'invalid_request_error' }
      return { ...head, response: { status_code: 400, request_id: `req_${index}`, body: { error } } }
    }
    // The snapshot's name, as OpenAI answers.
    const identity = { id: `chatcmpl-${index}`, created: 1_700_000_000, model: `${asked.model}-2024-07-18` }
    const body = JSON.parse(completionJson(answerChat(asked), identity)) as object
    return { ...head, response: { status_code: 200, request_id: `req_${index}`, body } }
  }

  #id(prefix: string): string {
    return `${prefix}${this.#mark}${String(++this.#made).padStart(6, '0')}`
  }
}
