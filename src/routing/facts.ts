/** What is known of a request when its route is chosen; each fact is found when first asked for, and kept. */
import { isObject } from '../openai/is-object.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { Modality } from './rule.ts'

/** Of English and JSON, as tokenizers of 2026 cut them. */
const BYTES_PER_TOKEN = 4

const MODALITY_OF_PART: Readonly<Record<string, Modality>> = {
  image_url: 'image',
  input_image: 'image',
  image: 'image',
  input_audio: 'audio',
  audio: 'audio',
  audio_url: 'audio',
  video_url: 'video',
  file: 'file',
  input_file: 'file',
  document: 'file',
}

export type FactRecord = Record<string, string | number | boolean | readonly string[]>

export interface FactSources {
  request: CallerRequest
  keyName: string | undefined
  tags: Readonly<Record<string, string>>
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
  #content: Content | undefined
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
    return Math.ceil((this.#sources.request.bytes.length - this.#readContent().mediaBytes) / BYTES_PER_TOKEN)
  }

  get has(): readonly Modality[] {
    return this.#readContent().modalities
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

  /** The facts that were asked for, for the decision record. */
  record(): FactRecord {
    const record: FactRecord = { endpoint: this.endpoint }
    if (this.model !== undefined) record.model = this.model
    if (this.#content !== undefined) {
      record.tokens = this.tokens
      record.has = this.#content.modalities
    }
    if (this.#tools !== undefined) record.tools = this.#tools
    for (const [timeZone, hour] of Object.entries(this.#hours)) record[`hour ${timeZone}`] = hour
    return record
  }

  #readContent(): Content {
    this.#content ??= readContent(this.#sources.request.body)
    return this.#content
  }
}

interface Content {
  modalities: readonly Modality[]
  /** Length of what media are written as: base64, mostly, and so one byte a character. */
  mediaBytes: number
}

const NO_MEDIA: Content = { modalities: [], mediaBytes: 0 }

function readContent(body: Readonly<Record<string, unknown>>): Content {
  const { messages } = body
  if (!Array.isArray(messages)) return NO_MEDIA
  const modalities = new Set<Modality>()
  let mediaBytes = 0
  for (const message of messages) {
    if (!isObject(message) || !Array.isArray(message.content)) continue
    for (const part of message.content) {
      if (!isObject(part) || typeof part.type !== 'string' || !Object.hasOwn(MODALITY_OF_PART, part.type))
        continue
      const modality = MODALITY_OF_PART[part.type]
      if (modality === undefined) continue
      modalities.add(modality)
      mediaBytes += charactersOf(part)
    }
  }
  return modalities.size === 0 ? NO_MEDIA : { modalities: [...modalities], mediaBytes }
}

/** Characters of a media part: dialects keep the payload in the part or one level below, under names of their own. */
function charactersOf(part: Readonly<Record<string, unknown>>): number {
  let characters = 0
  for (const key in part) {
    const value = part[key]
    if (typeof value === 'string') characters += value.length
    else if (isObject(value))
      for (const inner in value) {
        const text = value[inner]
        if (typeof text === 'string') characters += text.length
      }
  }
  return characters
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}
