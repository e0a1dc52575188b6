/** What one text tells of itself; each thing is found when first asked for, and kept. */
import { type Ask, askOf } from '../reading/ask.ts'
import { codeSigns } from '../reading/code-signs.ts'
import { type LanguageReading, readLanguage } from '../reading/language.ts'
import { signOfTheMoment } from '../reading/moment.ts'
import { readTask, type TaskReading } from '../reading/read-task.ts'
import type { Task } from '../reading/tasks.ts'
import type { Classification, Difficulty, Reasons } from './classifier.ts'

/** Tells difficulty, and what of a text speaks for it. */
export interface DifficultyTeller {
  difficulty(text: string): Difficulty
  /** The strongest first. */
  reasons(text: string): readonly string[]
}

const ON_GIVEN_TEXT: ReadonlySet<Task> = new Set<Task>([
  'translation',
  'summarization',
  'rewriting',
  'extraction',
  'classification',
  'creative_writing',
])

/** Begins and ends a listing. */
const FENCE = '```'

export class TextReading implements Classification {
  readonly #text: string
  readonly #teller: DifficultyTeller | undefined
  #ask: Ask | undefined
  #code: readonly string[] | undefined
  #task: TaskReading | undefined
  #language: LanguageReading | undefined
  /** Null where it was looked for in vain. */
  #moment: string | null | undefined
  #difficulty: Difficulty | undefined

  /** Without a teller difficulty is unknown. */
  constructor(text: string, teller: DifficultyTeller | undefined) {
    this.#text = text
    this.#teller = teller
  }

  get task(): Task {
    return this.#readTask().task
  }

  get language(): string {
    return this.#readLanguage().language
  }

  get code(): boolean {
    return this.#readCode().length > 0
  }

  get timeDependent(): boolean {
    return this.#readMoment() !== null
  }

  get difficulty(): Difficulty {
    this.#difficulty ??= this.#teller?.difficulty(this.#text) ?? 'unknown'
    return this.#difficulty
  }

  why(): Reasons {
    const moment = this.#readMoment()
    return {
      task: this.#readTask().signs,
      language: this.#readLanguage().signs,
      code: this.#readCode(),
      timeDependent: moment === null ? [] : [moment],
      difficulty: this.#teller?.reasons(this.#text) ?? [],
    }
  }

  #readAsk(): Ask {
    this.#ask ??= askOf(this.#text)
    return this.#ask
  }

  #readTask(): TaskReading {
    this.#task ??= readTask(this.#readAsk(), this.#readCode())
    return this.#task
  }

  #readCode(): readonly string[] {
    if (this.#code === undefined) {
      const ask = this.#readAsk()
      const signs = codeSigns(ask.text, ask.words)
      this.#code = signs.length === 0 && ask.isCut && this.#text.includes(FENCE) ? [FENCE] : signs
    }
    return this.#code
  }

  #readLanguage(): LanguageReading {
    const ask = this.#readAsk()
    this.#language ??= readLanguage(ask.text, ask.words)
    return this.#language
  }

  #readMoment(): string | null {
    this.#moment ??= this.#findMoment() ?? null
    return this.#moment
  }

  /** What a document tells of its day is no question of today, nor is what is to be made of a given text. */
  #findMoment(): string | undefined {
    if (this.#readAsk().isCut) return undefined
    const sign = signOfTheMoment(this.#text)
    return sign !== undefined && ON_GIVEN_TEXT.has(this.task) ? undefined : sign
  }
}
