/** Answers the endpoints that keep something, account by account, and those of media. */
import { AccountStore } from './account-store.ts'
import { images, type MediaAnswer, moderation, speech, transcription } from './media-answer.ts'
import { type FormPart, fieldOf, readForm } from './read-form.ts'
import type { SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'

export type StoredAnswer =
  | MediaAnswer
  | { kind: 'missing'; message: string }
  | { kind: 'invalid'; message: string }

const OBJECTS: Readonly<Record<string, { object: string; prefix: string }>> = {
  vector_stores: { object: 'vector_store', prefix: 'vs_' },
  conversations: { object: 'conversation', prefix: 'conv_' },
  responses: { object: 'response', prefix: 'resp_' },
  skills: { object: 'skill', prefix: 'skill_' },
  containers: { object: 'container', prefix: 'cntr_' },
  evals: { object: 'eval', prefix: 'eval_' },
}

export interface StoredReplier {
  /** Undefined where the path is another's. */
  reply(seen: SeenRequest, path: string): StoredAnswer | undefined
  /** The reply to a chat, which its account keeps where it is asked to. */
  keeping(seen: SeenRequest, reply: Reply): Reply
}

/** One account for each key. */
export function storedReplier(): StoredReplier {
  const accounts = new Map<string, AccountStore>()
  const storeOf = (seen: SeenRequest): AccountStore => {
    const key = seen.headers.authorization ?? ''
    const store = accounts.get(key) ?? new AccountStore(key)
    accounts.set(key, store)
    return store
  }
  return {
    keeping(seen, reply) {
      const [text] = reply.pieces
      if (seen.body?.store === true && !reply.stream && typeof text === 'string')
        storeOf(seen).keepChat(JSON.parse(text) as { id: string })
      return reply
    },
    reply(seen, path) {
      const store = storeOf(seen)
      const [root = '', id, rest] = path.split('/')
      try {
        return (
          media(seen, path) ??
          chats(store, seen, path) ??
          files(store, seen, [root, id, rest]) ??
          batches(store, seen, [root, id, rest]) ??
          objects(store, seen, [root, id]) ??
          realtime(store, seen, path) ??
          tuning(store, seen, path)
        )
      } catch (error) {
        return { kind: 'invalid', message: String(error) }
      }
    },
  }
}

/** Of kept chats; one that is not kept is no path of the mock's. */
function chats(store: AccountStore, seen: SeenRequest, path: string): StoredAnswer | undefined {
  if (!path.startsWith('chat/completions') || seen.method !== 'GET') return undefined
  const id = path.slice('chat/completions/'.length)
  const asked = new URL(seen.url, 'http://mock').searchParams
  if (id === '') {
    const all = [...store.chats.values()]
    return list(seen, asked.get('order') === 'desc' ? all.reverse() : all)
  }
  const found = store.chats.get(id)
  return found && { kind: 'json', value: found }
}

function media(seen: SeenRequest, path: string): StoredAnswer | undefined {
  if (seen.method !== 'POST') return undefined
  const body = seen.body ?? {}
  switch (path) {
    case 'audio/transcriptions':
    case 'audio/translations':
      return (
        transcription(formOf(seen)) ?? { kind: 'invalid', message: 'you must provide a file and a model' }
      )
    case 'audio/speech':
      return speech(body)
    case 'images/generations':
      return images(body)
    case 'moderations':
      return moderation(body)
    default:
      return undefined
  }
}

type Path = [root: string, id: string | undefined, rest?: string | undefined]

function files(store: AccountStore, seen: SeenRequest, [root, id, rest]: Path): StoredAnswer | undefined {
  if (root !== 'files') return undefined
  if (id === undefined) {
    if (seen.method === 'GET')
      return list(
        seen,
        [...store.files.values()].map(({ file }) => file),
      )
    const parts = formOf(seen)
    const file = parts.find(({ name }) => name === 'file')
    const purpose = fieldOf(parts, 'purpose')
    if (file === undefined || purpose === undefined) return { kind: 'invalid', message: 'file and purpose' }
    return { kind: 'json', value: store.addFile(file.bytes, file.filename ?? '', purpose) }
  }
  const found = store.files.get(id)
  if (found === undefined) return { kind: 'missing', message: `No such File object: ${id}` }
  if (rest === 'content') return { kind: 'bytes', type: 'application/octet-stream', bytes: found.content }
  if (seen.method !== 'DELETE') return { kind: 'json', value: found.file }
  store.files.delete(id)
  return { kind: 'json', value: { id, object: 'file', deleted: true } }
}

function batches(store: AccountStore, seen: SeenRequest, [root, id, rest]: Path): StoredAnswer | undefined {
  if (root !== 'batches') return undefined
  if (id === undefined) {
    if (seen.method === 'GET') return list(seen, [...store.batches.values()])
    const batch = store.addBatch(seen.body ?? {})
    return batch ? { kind: 'json', value: batch } : { kind: 'missing', message: 'No such File object' }
  }
  const batch = store.batch(id)
  if (batch === undefined) return { kind: 'missing', message: `No batch found with id '${id}'.` }
  if (rest === 'cancel') batch.status = 'cancelled'
  return { kind: 'json', value: batch }
}

function objects(store: AccountStore, seen: SeenRequest, [root, id]: Path): StoredAnswer | undefined {
  const kind = OBJECTS[root]
  if (kind === undefined || (root === 'responses' && id === undefined)) return undefined
  if (id === undefined) {
    if (seen.method === 'GET') return list(seen, store.objectsOf(kind.object))
    return { kind: 'json', value: store.addObject(kind.object, kind.prefix, seen.body ?? {}) }
  }
  const found = store.objects.get(id)
  if (found === undefined) return { kind: 'missing', message: `No ${kind.object} found with id '${id}'.` }
  if (seen.method !== 'DELETE') return { kind: 'json', value: found }
  store.objects.delete(id)
  return { kind: 'json', value: { id, object: `${kind.object}.deleted`, deleted: true } }
}

/** Secrets for clients, and calls, which no body names. */
function realtime(store: AccountStore, seen: SeenRequest, path: string): StoredAnswer | undefined {
  if (seen.method !== 'POST' || !path.startsWith('realtime/')) return undefined
  const session = seen.body?.session
  if (path === 'realtime/client_secrets') {
    const value = { value: 'ek_mock', expires_at: 1_700_000_600, session }
    return { kind: 'json', value }
  }
  if (path === 'realtime/calls') {
    const { id } = store.addObject('call', 'rtc_', {})
    return {
      kind: 'bytes',
      type: 'application/sdp',
      bytes: Buffer.from('v=0\r\n'),
      location: `/v1/${path}/${id}`,
    }
  }
  const [, id = '', action] = /^realtime\/calls\/([^/]+)\/(.*)$/.exec(path) ?? []
  if (action === undefined) return undefined
  return store.objects.has(id) ? { kind: 'json', value: {} } : { kind: 'missing', message: `No call ${id}` }
}

/** A job has made its model by the time that it is looked at. */
function tuning(store: AccountStore, seen: SeenRequest, path: string): StoredAnswer | undefined {
  const [, job] = /^fine_tuning\/jobs(?:\/([^/]+))?$/.exec(path) ?? []
  if (path === 'fine_tuning/jobs' && seen.method === 'POST') {
    const made = store.addObject('fine_tuning.job', 'ftjob-', seen.body ?? {})
    store.models.add(`ft:gpt-4o-mini:mock::${made.id}`)
    return { kind: 'json', value: { ...made, fine_tuned_model: null } }
  }
  const found = job === undefined ? undefined : store.objects.get(job)
  if (found !== undefined)
    return { kind: 'json', value: { ...found, fine_tuned_model: `ft:gpt-4o-mini:mock::${job}` } }
  if (!path.startsWith('models/') || seen.method !== 'DELETE') return undefined
  const model = decodeURIComponent(path.slice('models/'.length))
  if (!store.models.delete(model)) return { kind: 'missing', message: `No such model ${model}` }
  return { kind: 'json', value: { id: model, object: 'model', deleted: true } }
}

/** A page of what is kept, in the order it was made. */
function list({ url }: SeenRequest, all: readonly object[]): StoredAnswer {
  const idOf = (entry: object | undefined) => (entry && 'id' in entry ? entry.id : null)
  const asked = new URL(url, 'http://mock').searchParams
  const after = asked.get('after')
  const from = after === null ? 0 : all.findIndex((entry) => idOf(entry) === after) + 1
  const limit = Number(asked.get('limit') ?? 20)
  const data = all.slice(from, from + limit)
  const ends = { first_id: idOf(data[0]), last_id: idOf(data.at(-1)) }
  return { kind: 'json', value: { object: 'list', data, ...ends, has_more: from + limit < all.length } }
}

function formOf(seen: SeenRequest): readonly FormPart[] {
  return readForm(seen.bytes, seen.headers['content-type'] ?? '')
}
