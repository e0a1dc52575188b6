/** Two texts as a unified diff, which `patch` applies. */

const CONTEXT = 3
const NO_NEWLINE = '\\ No newline at end of file'

/** Empty where they are equal. One hunk: edits of a policy lie together, and a page is short. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const [old, now] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++
  const from = Math.max(0, head - CONTEXT)
  const below = Math.min(tail, CONTEXT)
  const lines = [
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail, old.length - tail + below).map((line) => ` ${line}`),
  ]
  const span = (count: number): string => `${count === 0 ? from : from + 1},${count}`
  const counts = [old, now].map((all) => span(all.length - tail + below - from))
  return [`--- ${name}`, `+++ ${name}`, `@@ -${counts[0]} +${counts[1]} @@`, ...lines].join('\n')
}

/** A last line without its end says so, and so differs from one that has it. */
function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n${NO_NEWLINE}`]
}
