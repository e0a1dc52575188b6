/** Notices that an open file is not at its path any more: deleted, moved or replaced, it takes writes all the same. */
import { stat } from 'node:fs/promises'

/** Often enough that little is lost, and a few microseconds each time. */
const LOOK_MS = 1000

/**
 * Looks now, then every second, and tells each time whether the path leads to the file that it led to at first.
 * @returns what ends it
 */
export async function watchPlace(path: string, tell: (isThere: boolean) => void): Promise<() => void> {
  const first = await identityOf(path)
  let isLooking = false
  const timer = setInterval(async () => {
    if (isLooking) return
    isLooking = true
    const now = await identityOf(path)
    isLooking = false
    // A file system that fails at the moment says nothing of the file.
    if (now !== 'unknown' && first !== 'unknown') tell(now === first)
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev} ${ino}`
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unknown'
  }
}
