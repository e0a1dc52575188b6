/** The way to a server of tensors: the gateway asks in OpenAI's words, the server is asked in its own. */
import {
  type AnswerReceiver,
  type Call,
  type HeaderList,
  headerValue,
  type OutboundRequest,
  type Transport,
} from '../transport.ts'
import { Batchers } from './batchers.ts'
import { DIALECTS } from './dialects.ts'
import { generateStream, generateWhole } from './generation/generate.ts'
import { unsentCall } from './generation/generation-call.ts'
import { askPieces } from './pieces.ts'
import { readAsked } from './read-asked.ts'
import { Refused } from './refused.ts'
import { askedAtSeam } from './seam.ts'
import { isGenerated, type ServedEndpoint, type ServedModel, type TensorSettings } from './served-model.ts'
import type { Server } from './server.ts'
import { listServer } from './server-listing.ts'
import type { Asked, ReadTask } from './task.ts'
import { refuse, TaskCall, toldBy, type Work } from './task-call.ts'
import { readCustom } from './tasks/custom.ts'
import { readEmbeddings } from './tasks/embeddings.ts'
import { readModerations } from './tasks/moderations.ts'
import { readRerank } from './tasks/rerank.ts'
import { readTranscription } from './tasks/transcriptions.ts'

const TASKS: Readonly<Record<Exclude<ServedEndpoint, 'chat/completions' | 'completions'>, ReadTask>> = {
  embeddings: readEmbeddings,
  moderations: readModerations,
  rerank: readRerank,
  'audio/transcriptions': readTranscription,
  'audio/translations': readTranscription,
  custom: readCustom,
}

/** Of a caller's own headers a server of tensors has no use. */
const KEPT_HEADERS = ['authorization', 'traceparent', 'tracestate']

export interface TensorTransportParts {
  network: Transport
  /** Names in lower case: of the key, and of what the operator adds. */
  headers: readonly string[]
  /** Unix milliseconds. */
  now(): number
}

export class TensorTransport implements Transport {
  readonly #settings: TensorSettings
  readonly #parts: TensorTransportParts
  readonly #batchers: Batchers
  #answers = 0

  constructor(settings: TensorSettings, parts: TensorTransportParts) {
    this.#settings = settings
    this.#parts = parts
    this.#batchers = new Batchers(DIALECTS[settings.dialect])
  }

  send(request: OutboundRequest, receiver: AnswerReceiver): Call {
    const { basePath, endpoint } = askedAtSeam(request.path) ?? { basePath: '', endpoint: '' }
    const server = this.#serverOf(request, basePath)
    if (endpoint === 'models' && request.method === 'GET')
      return this.#work(receiver, () => listServer(this.#settings, server))
    try {
      const { asked, model } = this.#asked(request, endpoint)
      if (!isGenerated(model.serves)) return this.#work(receiver, () => this.#rows(asked, server, model))
      if (asked.body.stream === true) return generateStream(asked, server, model, receiver)
      return this.#work(receiver, () => generateWhole(asked, server, model))
    } catch (error) {
      if (error instanceof Refused) return unsentCall((answer) => refuse(answer, error), receiver)
      throw error
    }
  }

  #work(receiver: AnswerReceiver, begin: () => Work): Call {
    const call = new TaskCall(receiver)
    void call.start(begin)
    return call
  }

  /** @throws Refused */
  #rows(asked: Asked, server: Server, model: ServedModel): Work {
    const task = TASKS[model.serves as keyof typeof TASKS](asked, model)
    const pieces = askPieces(task.rows, model, (piece) => this.#batchers.ask(server, model, piece))
    return {
      told: pieces.answer.then(({ rows, tokens }) => toldBy(() => task.tell(rows, tokens))),
      leave: () => pieces.leave(),
      get sent() {
        return pieces.sent
      },
    }
  }

  /** @throws Refused where no model here answers that */
  #asked(request: OutboundRequest, endpoint: string): { asked: Asked; model: ServedModel } {
    const [, custom] = /^custom\/(.+)$/.exec(endpoint) ?? []
    const served = custom === undefined ? endpoint : 'custom'
    const { now } = this.#parts
    const asked = readAsked(request, {
      endpoint: served,
      newId: () => `${now().toString(36)}${(this.#answers++).toString(36)}`,
      nowSeconds: Math.floor(now() / 1000),
    })
    const name = custom === undefined ? asked.body.model : decodeURIComponent(custom)
    return { asked, model: this.#modelFor(served, name) }
  }

  #modelFor(endpoint: string, name: unknown): ServedModel {
    const { models } = this.#settings
    const answering = [...models.values()].filter(({ serves }) => serves === endpoint)
    // A caller who names none means the only one.
    const model = name === undefined && answering.length === 1 ? answering[0] : models.get(String(name))
    if (model?.serves === endpoint) return model
    const others = answering.map((one) => one.name).join(', ')
    const advice = others === '' ? 'no model of this server does' : `these do: ${others}`
    if (model !== undefined)
      throw new Refused(
        400,
        `The model ${model.name} answers /v1/${model.serves}, not /v1/${endpoint}; ${advice}.`,
        {
          param: 'model',
        },
      )
    throw new Refused(
      404,
      `There is no model ${String(name).slice(0, 100)} for /v1/${endpoint} here; ${advice}.`,
      {
        param: 'model',
        code: 'model_not_found',
      },
    )
  }

  #serverOf({ origin, headers, connectTimeoutMs }: OutboundRequest, basePath: string): Server {
    const { network, headers: own } = this.#parts
    return { network, origin, basePath, headers: kept(headers, own), connectTimeoutMs }
  }
}

function kept(headers: HeaderList, own: readonly string[]): HeaderList {
  return [...new Set([...KEPT_HEADERS, ...own])].flatMap((name) => {
    const value = headerValue(headers, name)
    return value === undefined ? [] : [name, value]
  })
}
