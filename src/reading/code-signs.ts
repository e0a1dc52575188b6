/** Signs that a text has code in it, or asks for some. */

/** What is found is shown as it stands, so each pattern matches little. */
const WRITTEN: readonly RegExp[] = [
  /```/,
  /<\/[a-z][a-z0-9]*>|<(?:div|span|html|body|script|head|input|button|template|table)\b[^>]*>/i,
  /\b(?:function|def|class|fn|func)\s+[A-Za-z_]\w*\s*[({<:]|\b(?:const|let|var)\s+[\w{[]+.{0,20}=/,
  /\b(?:public|private|static|protected)\s+(?:static\s+)?(?:void|int|class|String|final)\b/,
  /^\s*(?:import\s+[\w.{*]+(?:\s+(?:from|as)\b|\s*;?\s*$)|from\s+[\w.]+\s+import\b|#include\s*[<"]|using\s+[\w.]+;|package\s+[\w.]+;?\s*$)/m,
  /\b(?:select\s+[\w*,.\s]{1,80}\sfrom\s+\w|insert\s+into\s+\w|create\s+table\s+\w|update\s+\w+\s+set\s)/i,
  /[\w\])]\s*(?:===|!==|\+=|&&|\|\||=>|->|::)\s*[\w({["']/,
  /\b\w+\.\w+\([^)\n]{0,40}\)|\b[a-z_]\w*\(\)/,
  /[;{}]\s*\n.{0,80}[;{}]/,
  /Traceback \(most recent call last\)|\bat [\w.$]+\([\w.]+:\d+\)|\b[A-Z]\w*(?:Error|Exception)\b:/,
  /^\s*(?:\$|>>>|#!)\s?\S/m,
]

/** Languages, tools and things that are programmed; words that mean something else as well are not here. */
const NAMES: ReadonlySet<string> = new Set(
  `python javascript typescript c++ c# golang rust kotlin swiftui php perl haskell scala matlab bash powershell sql mysql postgres
  postgresql sqlite mongodb redis html css scss jquery react reactjs vue vuejs angular svelte nextjs nodejs node.js npm django flask
  fastapi laravel pytorch tensorflow numpy pandas matplotlib kubernetes docker dockerfile terraform ansible nginx git github regex
  json yaml xml api apis sdk async asyncio backend frontend stacktrace segfault vba vbscript verilog assembly opengl cuda jax
  codebase compiler algorithm refactor debug repository linux ubuntu selenium webpack graphql websocket websockets springboot`.split(
    /\s+/,
  ),
)

/** Objects of "write a …" that are code. */
const THINGS: ReadonlySet<string> = new Set(
  `function code script program class regex query algorithm snippet method component module plugin app application api endpoint
  dockerfile macro loop parser unittest test tests`.split(/\s+/),
)
const MAKING: ReadonlySet<string> = new Set(
  'write create generate implement make build code develop provide give show fix debug refactor optimize convert'.split(
    ' ',
  ),
)
/** Words between "write" and what is to be written. */
const REACH = 6

/** At most three, the strongest first; empty where there are none. */
export function codeSigns(text: string, words: readonly string[]): readonly string[] {
  const signs: string[] = []
  for (const pattern of WRITTEN) {
    const found = pattern.exec(text)
    if (found !== null) signs.push(shortened(found[0]))
    if (signs.length === 3) return signs
  }
  for (let at = 0; at < words.length && signs.length < 3; at++) {
    const word = words[at] as string
    if (NAMES.has(word) && !signs.includes(word)) signs.push(word)
    else if (MAKING.has(word)) {
      const thing = thingAfter(words, at)
      if (thing !== undefined) signs.push(`${word} … ${thing}`)
    }
  }
  return signs
}

function thingAfter(words: readonly string[], at: number): string | undefined {
  const end = Math.min(words.length, at + 1 + REACH)
  for (let next = at + 1; next < end; next++) if (THINGS.has(words[next] as string)) return words[next]
  return undefined
}

function shortened(found: string): string {
  const line = found.replace(/\s+/g, ' ').trim()
  return line.length > 24 ? `${line.slice(0, 23)}…` : line
}
