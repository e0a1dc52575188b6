/** Policy history in the data folder: contents under their digests, and an index of one line a set. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PastSet, PolicyHistory } from '../../policy/policy-history.ts'
import { makeFolder } from './data-folder.ts'

const FOLDER = 'policy-history'
const OWNER_ONLY = 0o700

export function policyHistoryFiles(dataFolder: string): PolicyHistory {
  const folder = join(dataFolder, FOLDER)
  const index = join(folder, 'index.jsonl')
  const contentPath = (digest: string): string => join(folder, `${digest}.yaml`)
  const list = (): readonly PastSet[] => (existsSync(index) ? setsIn(readFileSync(index, 'utf8')) : [])
  return {
    list,
    text: (digest) => readFileSync(contentPath(digest), 'utf8'),
    add(set, texts) {
      const last = list().at(-1)
      if (last?.digest === set.digest && last.inForce === set.inForce) return
      makeFolder(folder, OWNER_ONLY)
      for (const [digest, text] of texts)
        if (!existsSync(contentPath(digest))) writeWhole(contentPath(digest), text)
      // The contents first: a line that is there can be gone back to.
      appendFileSync(index, `${JSON.stringify(set)}\n`)
    },
  }
}

/** Under its name only when it is whole. */
export function writeWhole(path: string, text: string): void {
  const aside = `${path}.${process.pid}.tmp`
  writeFileSync(aside, text)
  renameSync(aside, path)
}

/** A line that a crash cut is left out. */
function setsIn(text: string): PastSet[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as PastSet]
    } catch {
      return []
    }
  })
}
