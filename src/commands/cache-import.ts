/** `trimtab cache import`: puts exported answers into a cache, also one that is being served from. */
import { headerProblem, type ReadLine, readAnswerLine } from '../cache/answer-line.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { isQuestionLine, type ReadQuestionLine, readQuestionLine } from '../cache/question-line.ts'
import { Failure } from '../errors.ts'
import type { NewEntry } from '../vectors/vector-index.ts'
import type { Output } from './output.ts'

interface ImportParts {
  /** @throws Failure where the file cannot be read */
  lines: AsyncIterable<{ number: number; text: string }>
  /** Commits all or none. */
  put(answers: readonly RememberedAnswer[]): { taken: number; older: number; evicted: number }
  questions: QuestionImport
  batch: number
  now: number
}

/** Of questions that mean the same. */
export interface QuestionImport {
  /** By whom they are found here: what another's id is part of, is never looked for. */
  embedderId(): Promise<string>
  /** Left out is what is there as new or newer. @throws Error where they cannot be stored */
  put(entries: readonly NewEntry[]): Promise<{ taken: number; older: number }>
}

/** Members are those of `cache import --json`. */
interface Counts {
  imported: number
  /** With their answers, found by questions that mean the same. */
  questions: number
  /** Questions of other embedders, which are left out. */
  other_embedders: Record<string, number>
  /** One as new or newer was there. */
  older: number
  expired: number
  damaged: number
  /** Gone at once, because the cache is full. */
  evicted: number
}

/**
 * Returns the exit code: 1 where a line was damaged; the others are imported.
 * @throws Failure `invalid_request` where the file is no export that this version reads
 */
export async function importCache(
  file: string,
  { json }: { json?: boolean },
  parts: ImportParts,
  output: Output,
): Promise<number> {
  const counts: Counts = {
    imported: 0,
    questions: 0,
    other_embedders: {},
    older: 0,
    expired: 0,
    damaged: 0,
    evicted: 0,
  }
  const waiting = new Waiting(parts, counts)
  for await (const read of readingsOf(file, parts, counts, output)) {
    if (read.kind === 'answer') waiting.addAnswer(read.answer)
    else if (read.embedderId === (await parts.questions.embedderId())) await waiting.addQuestion(read.entry)
    else counts.other_embedders[read.embedderId] = (counts.other_embedders[read.embedderId] ?? 0) + 1
  }
  await waiting.putAll()
  if (json === true) output.out(JSON.stringify(counts))
  else output.out(summary(counts))
  return counts.damaged === 0 ? 0 : 1
}

/** What was read and is put in together. */
class Waiting {
  readonly #parts: ImportParts
  readonly #counts: Counts
  #answers: RememberedAnswer[] = []
  #questions: NewEntry[] = []

  constructor(parts: ImportParts, counts: Counts) {
    this.#parts = parts
    this.#counts = counts
  }

  addAnswer(answer: RememberedAnswer): void {
    this.#answers.push(answer)
    if (this.#answers.length >= this.#parts.batch) this.#putAnswers()
  }

  async addQuestion(entry: NewEntry): Promise<void> {
    this.#questions.push(entry)
    if (this.#questions.length >= this.#parts.batch) await this.#putQuestions()
  }

  async putAll(): Promise<void> {
    if (this.#answers.length > 0) this.#putAnswers()
    if (this.#questions.length > 0) await this.#putQuestions()
  }

  #putAnswers(): void {
    const { taken, older, evicted } = this.#parts.put(this.#answers)
    this.#counts.imported += taken
    this.#counts.older += older
    this.#counts.evicted += evicted
    this.#answers = []
  }

  async #putQuestions(): Promise<void> {
    const { taken, older } = await this.#parts.questions.put(this.#questions)
    this.#counts.questions += taken
    this.#counts.older += older
    this.#questions = []
  }
}

type Reading = Extract<ReadLine, { kind: 'answer' }> | Extract<ReadQuestionLine, { kind: 'question' }>

async function* readingsOf(
  file: string,
  { lines, now }: ImportParts,
  counts: Counts,
  output: Output,
): AsyncGenerator<Reading> {
  let begun = false
  for await (const { number, text } of lines) {
    if (!begun) {
      requireHeader(file, text)
      begun = true
      continue
    }
    const read = isQuestionLine(text) ? readQuestionLine(text) : readAnswerLine(text)
    if (read.kind === 'damaged') {
      counts.damaged++
      output.error(`${file}:${number}  The line ${read.why}; it is left out.`)
    } else if ((read.kind === 'answer' ? read.answer.expiresAt : read.entry.expiresAtMs) <= now)
      counts.expired++
    else yield read
  }
  if (!begun) requireHeader(file, '')
}

function requireHeader(file: string, text: string): void {
  const problem = headerProblem(text)
  if (problem !== undefined) throw new Failure('invalid_request', `${file} ${problem}.`)
}

function summary(counts: Counts): string {
  const { imported, questions, other_embedders, older, expired, damaged, evicted } = counts
  const left = [
    ...Object.entries(other_embedders).map(
      ([id, count]) => `${count} ${count === 1 ? 'question' : 'questions'} of the embedder ${id} left out`,
    ),
    ...(older > 0 ? [`${older} were there as new`] : []),
    ...(expired > 0 ? [`${expired} had expired`] : []),
    ...(damaged > 0 ? [`${damaged} ${damaged === 1 ? 'line was' : 'lines were'} damaged`] : []),
    ...(evicted > 0 ? [`${evicted} that expire first had to go, because the cache is full`] : []),
  ]
  const end = left.length === 0 ? '.' : `; ${left.join(', ')}.`
  const also =
    questions === 0 ? '' : ` and ${questions} ${questions === 1 ? 'question' : 'questions'} with theirs`
  return `Imported ${imported} ${imported === 1 ? 'answer' : 'answers'}${also}, for running servers within a second${end}`
}
