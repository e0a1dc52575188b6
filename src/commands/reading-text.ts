/** What was read out of a request's text, and by which of its words, as `trimtab explain` tells it. */
import type { Explanation } from '../gateway/explained/explain.ts'

/** A line each. */
export function readingWords({ facts, why }: Pick<Explanation, 'facts' | 'why'>): string {
  const { task, language, code, time_dependent, difficulty } = facts
  const lines: [string, string, readonly string[]][] = [
    ['task', String(task), why.task],
    ['language', String(language), why.language],
    ['code', code ? 'yes' : 'no', why.code],
    ['of the moment', time_dependent ? 'yes' : 'no', why.time_dependent],
    ['difficulty', difficultyWords(difficulty), why.difficulty],
  ]
  const told = lines.map(([name, value, signs]) => {
    const by = signs.length === 0 ? '' : `  by: ${signs.join(', ')}`
    return `  ${name.padEnd(13)}  ${value.padEnd(18)}${by}`.trimEnd()
  })
  return ['What the user says reads as:', ...told].join('\n')
}

export function difficultyWords(difficulty: unknown): string {
  return typeof difficulty === 'number' ? difficulty.toFixed(2) : 'unknown (as hard)'
}
