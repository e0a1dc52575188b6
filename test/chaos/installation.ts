/** The installation under chaos: a workflow for each way to a target, with and without a spare, and for targets that cannot be reached. */

type Dialect = 'chat' | 'messages' | 'responses'

export interface Way {
  /** What the caller speaks. */
  asked: Dialect
  /** What the target speaks, or why it can't be reached. */
  target: Dialect | 'refused' | 'unaccepting'
}

export const WAYS: readonly Way[] = [
  { asked: 'chat', target: 'chat' },
  { asked: 'chat', target: 'messages' },
  { asked: 'messages', target: 'messages' },
  { asked: 'messages', target: 'chat' },
  { asked: 'responses', target: 'responses' },
  { asked: 'responses', target: 'chat' },
  { asked: 'responses', target: 'messages' },
]

export const UNREACHABLE: readonly Way[] = (['chat', 'messages', 'responses'] as const).flatMap((asked) =>
  (['refused', 'unaccepting'] as const).map((target) => ({ asked, target })),
)

export const TIMEOUT_MS = 1500
const LIMITS = `timeout: ${TIMEOUT_MS}ms, first_chunk: 400ms, between_chunks: 400ms, connect: 400ms, retries: 1`

/** The workflow's name, its provider's and its model's. */
export function nameOf({ asked, target }: Way, spare: boolean): string {
  return `${asked}-by-${target}-${spare ? 'spare' : 'alone'}`
}

/** The model that the spare target is asked for. */
export const SPARE_MODEL = 'spare'

const EACH = [...WAYS, ...UNREACHABLE].flatMap((way) => [
  { way, spare: true },
  { way, spare: false },
])

/** Text of `trimtab.yaml`. */
export function configuration(urls: { mock: string; refused: string; unaccepting: string }): string {
  const kinds = {
    chat: 'endpoints: [chat/completions]',
    messages: 'dialect: anthropic',
    responses: 'endpoints: [responses]',
  }
  const provider = (name: string, { asked, target }: Way) => {
    const url = target === 'refused' || target === 'unaccepting' ? urls[target] : urls.mock
    const kind = target === 'refused' || target === 'unaccepting' ? kinds[asked] : kinds[target]
    return `  ${name}: { ${kind}, base_url: "${url}", breaker: off }`
  }
  return [
    'providers:',
    ...(['chat', 'messages'] as const).map((it) => provider(`spare-${it}`, { asked: it, target: it })),
    ...EACH.map(({ way, spare }) => provider(nameOf(way, spare), way)),
  ].join('\n')
}

/** File name → text. The spare speaks another dialect than the first. */
export function policies(): Readonly<Record<string, string>> {
  const each = EACH.map(({ way, spare }) => {
    const name = nameOf(way, spare)
    const other = way.target === 'messages' ? 'spare-chat' : 'spare-messages'
    const use = [`${name}/${name}`, ...(spare ? [`${other}/${SPARE_MODEL}`] : [])]
    const text = [
      `workflow: ${name}`,
      `tiers: { only: { use: [${use.join(', ')}] } }`,
      'fallback: { on: [429, 5xx, timeout] }',
      `limits: { ${LIMITS} }`,
    ].join('\n')
    return [`${name}.yaml`, text] as const
  })
  return Object.fromEntries(each)
}
