/** Every policy set that was in force, as it was: what `policies log` lists and `policies rollback` brings back. */
import type { DigestOf, PolicyFile } from './parse-policy.ts'
import type { PolicyFiles, Reload } from './policy-source.ts'

export interface PastSet {
  /** Unix milliseconds at which it was taken down. */
  at: number
  /** Of names and contents: equal sets have equal digests. */
  digest: string
  /** File names without their folder, in order. */
  files: readonly { name: string; digest: string }[]
  /** False for files that were never in force, kept because something was about to replace them. */
  inForce: boolean
}

/** Keeps sets, for ever: a policy is a page. */
export interface PolicyHistory {
  /** Oldest first. */
  list(): readonly PastSet[]
  /** Text of a file by its digest. @throws where it was never kept */
  text(digest: string): string
  /** Takes down a set, unless it is the last one already. */
  add(set: PastSet, texts: ReadonlyMap<string, string>): void
}

/** A set of files as history keeps it, with the texts by their digests. */
export function setOf(
  files: readonly PolicyFile[],
  digestOf: DigestOf,
  at: number,
  inForce: boolean,
): { set: PastSet; texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>()
  const named = files
    .map(({ path, text }) => {
      const digest = digestOf(text)
      texts.set(digest, text)
      return { name: nameOf(path), digest }
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  const digest = digestOf(named.map(({ name, digest }) => `${name} ${digest}\n`).join(''))
  return { set: { at, digest, files: named, inForce }, texts }
}

/**
 * Takes down what comes into force: read through `files`, and tell `reloaded` of each reload.
 * History that cannot be written is told, and keeps no policy from serving.
 */
export function recorded(
  files: PolicyFiles,
  parts: { history: PolicyHistory; digestOf: DigestOf; now(): number; warn(message: string): void },
): { files: PolicyFiles; reloaded(reload: Reload): void } {
  let last: readonly PolicyFile[] = []
  return {
    files: {
      onChange: (changed) => files.onChange(changed),
      async read() {
        last = await files.read()
        return last
      },
    },
    reloaded({ served }) {
      if (!served) return
      try {
        const { set, texts } = setOf(last, parts.digestOf, parts.now(), true)
        // That there never was a file is nothing to go back to.
        if (set.files.length > 0 || parts.history.list().length > 0) parts.history.add(set, texts)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        parts.warn(`The policies in force could not be kept in policy-history: ${reason}`)
      }
    },
  }
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path
}
