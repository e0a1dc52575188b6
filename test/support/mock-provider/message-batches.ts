/** What one account of Anthropic's keeps: batches of messages, worked off when they are looked at, and files. */
import { createHash } from 'node:crypto'
import { answerChat, isFields } from './chat-answer.ts'
import { counted } from './counted.ts'
import { messagesAsked } from './messages-asked.ts'
import { messagesEnvelope, messagesError } from './messages-check.ts'
import { messageJson } from './messages-wire.ts'
import { fieldOf, readForm } from './read-form.ts'
import type { SeenRequest } from './seen-request.ts'

type Body = Readonly<Record<string, unknown>>

interface Batch {
  id: string
  type: 'message_batch'
  processing_status: 'in_progress' | 'canceling' | 'ended'
  request_counts: Record<'processing' | 'succeeded' | 'errored' | 'canceled' | 'expired', number>
  created_at: string
  ended_at: string | null
  results_url: string | null
}

/** `text` as it is put on the wire. */
export interface AnthropicAnswer {
  status: number
  type: string
  text: string
}

const CREATED_AT = '2023-11-14T22:13:20Z'
/** Of whoever follows it with a key that is not theirs. */
const RESULTS_HOST = 'https://api.anthropic.test'

/** One for each key; undefined where the path is another's. `path` begins below the base. */
export function anthropicReplier(): (seen: SeenRequest, path: string) => AnthropicAnswer | undefined {
  const accounts = new Map<string, AnthropicAccount>()
  return (seen, path) => {
    const isFiles = path.startsWith('/files') && seen.headers['anthropic-version'] !== undefined
    if (!isFiles && !path.startsWith('/messages/batches')) return undefined
    const key = String(seen.headers['x-api-key'] ?? seen.headers.authorization ?? '')
    const account = accounts.get(key) ?? new AnthropicAccount(key)
    accounts.set(key, account)
    return isFiles ? account.files(seen, path) : account.batches(seen, path)
  }
}

class AnthropicAccount {
  readonly #mark: string
  readonly #batches = new Map<string, { batch: Batch; requests: readonly Body[] }>()
  readonly #files = new Map<string, { file: Body; content: Buffer }>()
  #made = 0

  constructor(key: string) {
    this.#mark = createHash('sha256').update(key).digest('hex').slice(0, 8)
  }

  batches(seen: SeenRequest, path: string): AnthropicAnswer {
    const [id, rest] = path.slice('/messages/batches/'.length).split('/')
    if (!id) return seen.method === 'POST' ? this.#create(seen) : list(seen, this.#all())
    const found = this.#batches.get(id)
    if (found === undefined) return refused(seen, 404, `No message batch ${id}`)
    const { batch } = found
    if (seen.method === 'DELETE') {
      if (batch.processing_status !== 'ended')
        return refused(seen, 400, 'A batch in progress cannot be deleted.')
      this.#batches.delete(id)
      return json({ id, type: 'message_batch_deleted' })
    }
    if (rest === 'cancel') return json(this.#end(found, 'canceled'))
    if (rest !== 'results') return json(this.#look(found))
    if (batch.processing_status !== 'ended') return refused(seen, 404, 'Results are not ready.')
    const lines = found.requests.map((request, index) => JSON.stringify(this.#result(batch, request, index)))
    return { status: 200, type: 'application/x-jsonl', text: `${lines.join('\n')}\n` }
  }

  files(seen: SeenRequest, path: string): AnthropicAnswer {
    const [id, rest] = path.slice('/files/'.length).split('/')
    if (!id) {
      if (seen.method !== 'POST')
        return list(
          seen,
          [...this.#files.values()].map(({ file }) => file),
        )
      const parts = readForm(seen.bytes, seen.headers['content-type'] ?? '')
      const part = parts.find(({ name }) => name === 'file')
      if (part === undefined) return refused(seen, 400, 'file: Field required')
      const purpose = fieldOf(parts, 'purpose')
      const file = {
        id: this.#id('file_'),
        type: 'file',
        filename: part.filename ?? '',
        size_bytes: part.bytes.length,
        created_at: CREATED_AT,
        downloadable: purpose === undefined,
      }
      this.#files.set(file.id, { file, content: part.bytes })
      return json(file)
    }
    const found = this.#files.get(id)
    if (found === undefined) return refused(seen, 404, `File not found: ${id}`)
    if (rest === 'content')
      return { status: 200, type: 'application/octet-stream', text: found.content.toString() }
    if (seen.method !== 'DELETE') return json(found.file)
    this.#files.delete(id)
    return json({ id, type: 'file_deleted' })
  }

  #all(): readonly Batch[] {
    return [...this.#batches.values()].map(({ batch }) => batch)
  }

  #create(seen: SeenRequest): AnthropicAnswer {
    const requests = Array.isArray(seen.body?.requests) ? seen.body.requests.filter(isFields) : []
    if (requests.length === 0) return refused(seen, 400, 'requests: at least one is required')
    const batch: Batch = {
      id: this.#id('msgbatch_'),
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: requests.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: CREATED_AT,
      ended_at: null,
      results_url: null,
    }
    this.#batches.set(batch.id, { batch, requests })
    return json(batch)
  }

  /** It has ended by the time it is looked at, unless a model is called `slow`. */
  #look(found: { batch: Batch; requests: readonly Body[] }): Batch {
    const isSlow = found.requests.some(({ params }) => isFields(params) && params.model === 'slow')
    return isSlow || found.batch.processing_status === 'ended' ? found.batch : this.#end(found, 'succeeded')
  }

  #end(
    { batch, requests }: { batch: Batch; requests: readonly Body[] },
    as: 'succeeded' | 'canceled',
  ): Batch {
    batch.processing_status = 'ended'
    batch.request_counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 }
    batch.request_counts[as] = requests.length
    batch.ended_at = CREATED_AT
    batch.results_url = `${RESULTS_HOST}/v1/messages/batches/${batch.id}/results`
    return batch
  }

  #result({ id, request_counts }: Batch, { custom_id, params }: Body, index: number) {
    const body = isFields(params) ? params : {}
    if (request_counts.canceled > 0) return { custom_id, result: { type: 'canceled' } }
    if (body.model === 'failing') {
      const error = { type: 'error', error: { type: 'invalid_request_error', message: 'no' } }
      return { custom_id, result: { type: 'errored', error } }
    }
    const said = answerChat(messagesAsked(body))
    const [choice] = said.choices
    if (choice === undefined) throw new Error('a message has one choice')
    const { prompt_tokens: input, completion_tokens: output } = said.usage
    const whole = { id: `msg_${id}_${index}`, model: String(body.model), thinking: undefined, choice }
    const message = JSON.parse(messageJson({ ...whole, counted: counted({ input, output }) })) as {
      usage: object
    }
    const usage = { ...message.usage, service_tier: 'batch' }
    return { custom_id, result: { type: 'succeeded', message: { ...message, usage } } }
  }

  #id(prefix: string): string {
    return `${prefix}${this.#mark}${String(++this.#made).padStart(6, '0')}`
  }
}

/** A page of what is kept, in the order it was made. */
function list({ url }: SeenRequest, all: readonly object[]): AnthropicAnswer {
  const idOf = (entry: object | undefined) => (entry && 'id' in entry ? entry.id : null)
  const asked = new URL(url, 'http://mock').searchParams
  const after = asked.get('after_id')
  const from = after === null ? 0 : all.findIndex((entry) => idOf(entry) === after) + 1
  const limit = Number(asked.get('limit') ?? 20)
  const data = all.slice(from, from + limit)
  const ends = { first_id: idOf(data[0]), last_id: idOf(data.at(-1)) }
  return json({ data, ...ends, has_more: from + limit < all.length })
}

function json(value: object): AnthropicAnswer {
  return { status: 200, type: 'application/json', text: JSON.stringify(value) }
}

function refused({ number }: SeenRequest, status: number, message: string): AnthropicAnswer {
  const text = messagesEnvelope(messagesError(status, message), `req_mock${number}`)
  return { status, type: 'application/json', text }
}
