/** What is known of a request when its route is chosen; each fact is found when first asked for, and kept. */
import { tokensOfText } from '../metering/input-estimate.ts'
import { isFilled } from '../openai/is-filled.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { type RequestMedia, requestMedia } from '../openai/request-media.ts'
import type { Task } from '../reading/tasks.ts'
import type { Classification, Classifier, Difficulty } from './classifier.ts'
import { type OutputShape, outputShape } from './output-shape.ts'
import type { Modality } from './rule.ts'
import { lastSaid, turnsSaid } from './said.ts'
import { TextReading } from './text-reading.ts'

export type FactRecord = Record<string, string | number | boolean | readonly string[]>

export interface FactSources {
  request: CallerRequest
  keyName: string | undefined
  tags: Readonly<Record<string, string>>
  /** As the request's workflow has taught: see `TokenRatios`. */
  bytesPerToken: number
  /** Hour of the day, 0 to 23, at which the request came: see `hourClock`. */
  hourIn(timeZone: string): number
  /** Undefined: difficulty is unknown. */
  classifier?: Classifier | undefined
  /** What the workflow's own traffic says of the request, before what was learned of others'; undefined where nothing is learned. */
  learned?: ((facts: Facts) => LearnedDifficulty | undefined) | undefined
}

/** By a version that was learned of the workflow's own traffic. */
export interface LearnedDifficulty {
  /** Probability that the small tier's answer is another than the large one's. */
  difficulty: number
  version: number
  /** What of the request speaks for it, in a few words each, the strongest first. */
  why(): readonly string[]
}

/** Of the text, by the name that a policy and the decision record have for it. */
type TextFact =
  | 'task'
  | 'language'
  | 'code'
  | 'time_dependent'
  | 'difficulty'
  | 'difficulty_version'
  | 'difficulty_by'

export class Facts {
  readonly model: string | undefined
  readonly endpoint: string
  readonly keyName: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly #sources: FactSources
  readonly #hours: Record<string, number> = {}
  readonly #expected: Record<string, number> = {}
  #media: RequestMedia | undefined
  #tools: boolean | undefined
  #turns: number | undefined
  #outputShape: OutputShape | undefined
  #reading: Classification | undefined
  /** Null: there is none. */
  #learned: LearnedDifficulty | null | undefined
  #scored: { score: number; by: string } | undefined
  readonly #read: Partial<Record<TextFact, string | number | boolean>> = {}

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

  /** How often the user has spoken, this time included. */
  get turns(): number {
    this.#turns ??= turnsSaid(this.#sources.request.body)
    return this.#turns
  }

  get outputShape(): OutputShape {
    this.#outputShape ??= outputShape(this.#sources.request.body)
    return this.#outputShape
  }

  get task(): Task {
    const { task } = this.reading
    this.#read.task = task
    return task
  }

  get language(): string {
    const { language } = this.reading
    this.#read.language = language
    return language
  }

  get code(): boolean {
    const { code } = this.reading
    this.#read.code = code
    return code
  }

  get timeDependent(): boolean {
    const { timeDependent } = this.reading
    this.#read.time_dependent = timeDependent
    return timeDependent
  }

  get difficulty(): Difficulty {
    const { learned } = this
    const difficulty = learned?.difficulty ?? this.#scored?.score ?? this.reading.difficulty
    this.#read.difficulty = difficulty
    if (learned === undefined && this.#scored !== undefined) this.#read.difficulty_by = this.#scored.by
    if (learned !== undefined) this.#read.difficulty_version = learned.version
    return difficulty
  }

  /** Somebody asked for it, and what the workflow taught does not tell it. */
  get isDifficultyOpen(): boolean {
    return this.#read.difficulty !== undefined && this.learned === undefined
  }

  /** A model that the policy names has told it, from 0 to 1. */
  scored(score: number, by: string): void {
    this.#scored = { score, by }
  }

  /** What `difficulty` is told by; undefined where it is by the prior that ships. */
  get learned(): LearnedDifficulty | undefined {
    if (this.#learned === undefined) this.#learned = this.#sources.learned?.(this) ?? null
    return this.#learned ?? undefined
  }

  /** Of what the user said last. What is asked of it here, without the facts above, is not recorded. */
  get reading(): Classification {
    const { classifier, request } = this.#sources
    if (this.#reading === undefined) {
      const text = lastSaid(request.body)
      this.#reading = classifier?.classify(text) ?? new TextReading(text, undefined)
    }
    return this.#reading
  }

  hourIn(timeZone: string): number {
    const hour = this.#hours[timeZone] ?? this.#sources.hourIn(timeZone)
    this.#hours[timeZone] = hour
    return hour
  }

  /** Of a model that a tier could ask, by the strategy that asks for it. */
  expects(target: string, name: 'cached_tokens' | 'in_flight' | 'cost_usd', value: number): void {
    this.#expected[`${name} ${target}`] = value
  }

  /** For the decision record: what costs nothing to know, so that it can be decided again, and what was asked for. */
  record(): FactRecord {
    const record: FactRecord = { endpoint: this.endpoint, tools: this.tools }
    if (this.model !== undefined) record.model = this.model
    if (this.#media !== undefined) {
      record.tokens = this.tokens
      record.has = this.#media.kinds
    }
    if (this.#turns !== undefined) record.turns = this.#turns
    if (this.#outputShape !== undefined) record.output_shape = this.#outputShape
    for (const name in this.#read) record[name] = this.#read[name as TextFact] as string | number | boolean
    for (const [timeZone, hour] of Object.entries(this.#hours)) record[`hour ${timeZone}`] = hour
    for (const name in this.#expected) record[name] = this.#expected[name] as number
    return record
  }
}
