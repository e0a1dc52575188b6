/** What is known of a request when its route is chosen; each fact is found when first asked for, and kept. */
import { tokensOfText } from '../metering/input-estimate.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { type RequestMedia, requestMedia } from '../openai/request-media.ts'
import type { Modality } from './rule.ts'

export type FactRecord = Record<string, string | number | boolean | readonly string[]>

export interface FactSources {
  request: CallerRequest
  keyName: string | undefined
  tags: Readonly<Record<string, string>>
  /** As the request's workflow has taught: see `TokenRatios`. */
  bytesPerToken: number
  /** Hour of the day, 0 to 23, at which the request came: see `hourClock`. */
  hourIn(timeZone: string): number
}

export class Facts {
  readonly model: string | undefined
  readonly endpoint: string
  readonly keyName: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly #sources: FactSources
  readonly #hours: Record<string, number> = {}
  #media: RequestMedia | undefined
  #tools: boolean | undefined

  constructor(sources: FactSources) {
    this.#sources = sources
    this.model = sources.request.model
    this.endpoint = sources.request.endpoint
    this.keyName = sources.keyName
    this.tags = sources.tags
  }

  /** Estimated tokens of the whole request, without the bytes of images, audio and files. */
  get tokens(): number {
    const { request, bytesPerToken } = this.#sources
    return tokensOfText(request.bytes.length - this.media.bytes, bytesPerToken)
  }

  get media(): RequestMedia {
    this.#media ??= requestMedia(this.#sources.request.body)
    return this.#media
  }

  get has(): readonly Modality[] {
    return this.media.kinds
  }

  /** Whether the request declares tools. */
  get tools(): boolean {
    const { tools, functions } = this.#sources.request.body
    this.#tools ??= isFilled(tools) || isFilled(functions)
    return this.#tools
  }

  hourIn(timeZone: string): number {
    const hour = this.#hours[timeZone] ?? this.#sources.hourIn(timeZone)
    this.#hours[timeZone] = hour
    return hour
  }

  /** For the decision record: what costs nothing to know, so that it can be decided again, and what was asked for. */
  record(): FactRecord {
    const record: FactRecord = { endpoint: this.endpoint, tools: this.tools }
    if (this.model !== undefined) record.model = this.model
    if (this.#media !== undefined) {
      record.tokens = this.tokens
      record.has = this.#media.kinds
    }
    for (const [timeZone, hour] of Object.entries(this.#hours)) record[`hour ${timeZone}`] = hour
    return record
  }
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}
