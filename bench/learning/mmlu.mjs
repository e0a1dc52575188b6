// Recorded answers: whether Mixtral and GPT-4 answered a question of MMLU right (lm-sys/RouteLLM, Apache-2.0).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** `{ text, subject, agrees }`: the small model's answer does not do where it is wrong and the large one's is right. */
export function readMmlu(folder) {
  return gunzipSync(readFileSync(join(folder, 'routing/routellm_mmlu_half.jsonl.gz')))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map((row) => ({
      text: row.prompt,
      subject: row.subject,
      smallRight: row.weak_correct,
      largeRight: row.strong_correct,
      agrees: row.weak_correct || !row.strong_correct,
    }))
}

export function shuffled(rows, random) {
  const order = [...rows]
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[order[last], order[other]] = [order[other], order[last]]
  }
  return order
}
