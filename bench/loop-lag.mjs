// Loaded ahead of a program (`node --import`): notes when its event loop came late, and by how much, in $LOOP_LAG_FILE.
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const EVERY_MS = 10
/** Sums of smaller ones would not explain a late answer. */
const LEAST_MS = 10

const file = process.env.LOOP_LAG_FILE
if (isMainThread && file !== undefined) {
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    const late = now - last - EVERY_MS
    if (late >= LEAST_MS) appendFileSync(file, `${performance.timeOrigin + last + EVERY_MS} ${late}\n`)
    last = performance.now()
  }
  setInterval(look, EVERY_MS).unref()
}
