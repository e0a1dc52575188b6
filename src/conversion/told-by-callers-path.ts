/** Refusals that name members of a request which the caller never wrote → the same, naming what the caller did write. */
import { Failure } from '../errors.ts'
import type { WireError } from '../openai/wire-error.ts'
import type { CallersPath } from './callers-path.ts'
import type { Fields } from './converted.ts'

/** What `say` returns. @throws its Failures, with the caller's own paths */
export function tellingCallersPath<Said>(say: () => Said, pathOf: CallersPath): Said {
  try {
    return say()
  } catch (error) {
    if (!(error instanceof Failure) || error.param === undefined) throw error
    const param = pathOf(error.param)
    const message = error.message.replaceAll(`'${error.param}'`, `'${param}'`)
    throw new Failure(error.code, message, { param, cause: error })
  }
}

/** In quotes, as OpenAI's API names members. */
const QUOTED = /(['"`])([a-z_]+(?:\[\d+\]|\.\w+)*)\1/g
/** At the beginning, as Anthropic's does. */
const LEADING = /^([a-z_]+(?:\.\w+)*)(?=: )/

/** @param body what the provider was asked: no other word of its message is a member's name */
export function errorByCallersPath<Told extends Pick<WireError, 'message' | 'param'>>(
  error: Told,
  body: Readonly<Fields>,
  pathOf: CallersPath,
): Told {
  const said = (path: string): string | undefined => {
    const [member = ''] = /^\w+/.exec(path) ?? []
    return Object.hasOwn(body, member) ? pathOf(bracketed(path)) : undefined
  }
  const leading = LEADING.exec(error.message)?.[1]
  const param = error.param ?? leading
  const message = error.message
    .replace(LEADING, (path) => said(path) ?? path)
    .replace(QUOTED, (found, quote: string, path: string) => {
      const own = said(path)
      return own === undefined ? found : `${quote}${own}${quote}`
    })
  return { ...error, message, param: param === undefined ? undefined : said(param) }
}

/** `messages.0.content` → `messages[0].content`. */
function bracketed(path: string): string {
  return path.replace(/\.(\d+)\b/g, '[$1]')
}
