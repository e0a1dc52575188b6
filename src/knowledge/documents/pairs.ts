/** Questions with their answers, a line of JSON or a row of CSV each. */
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import type { Block, ReadDocument } from './block.ts'
import { csvRows } from './csv-rows.ts'

/** Told of each file at most; the rest is counted. */
const MOST_PROBLEMS = 5

export function readJsonLines(text: string): ReadDocument {
  const blocks: Block[] = []
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const value = parseJson(line)
    const pair = isObject(value) ? pairOf(value.question, value.answer, value.heading, index + 1) : undefined
    if (pair === undefined)
      problems.push(`line ${index + 1} is no JSON object with the texts \`question\` and \`answer\``)
    else blocks.push(pair)
  }
  return { blocks, problems: few(problems) }
}

export function readCsv(text: string): ReadDocument {
  const [head, ...rows] = csvRows(text.replace(/^\uFEFF/, ''))
  const names = head?.cells.map((name) => name.trim().toLowerCase()) ?? []
  const [question, answer, heading] = ['question', 'answer', 'heading'].map((name) => names.indexOf(name))
  if (question === undefined || answer === undefined || question < 0 || answer < 0)
    return { blocks: [], problems: ['its first line must name the columns `question` and `answer`'] }
  const blocks: Block[] = []
  const problems: string[] = []
  for (const { line, cells } of rows) {
    const pair = pairOf(cells[question], cells[answer], cells[heading ?? -1], line)
    if (pair === undefined) problems.push(`line ${line} lacks its question or its answer`)
    else blocks.push(pair)
  }
  return { blocks, problems: few(problems) }
}

function pairOf(question: unknown, answer: unknown, heading: unknown, line: number): Block | undefined {
  if (typeof question !== 'string' || typeof answer !== 'string') return undefined
  if (question.trim() === '' || answer.trim() === '') return undefined
  const headings = typeof heading === 'string' && heading.trim() !== '' ? [heading.trim()] : []
  const text = answer.trim().replace(/\r\n?/g, '\n')
  return { headings, question: question.trim(), text, marks: [[0, line]] }
}

function few(problems: readonly string[]): readonly string[] {
  if (problems.length <= MOST_PROBLEMS) return problems
  return [
    ...problems.slice(0, MOST_PROBLEMS),
    `and ${problems.length - MOST_PROBLEMS} more lines cannot be read`,
  ]
}
