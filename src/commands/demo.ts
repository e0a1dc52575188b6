/** `trimtab demo`: the main job from end to end on the simulated provider, with the report that comes of it. */
import type { LedgerReader } from '../metering/reports.ts'
import type { Output } from './output.ts'
import { reportCommand } from './report.ts'

interface DemoParts {
  /** `http://127.0.0.1:PORT/v1` of a trimtab whose only provider is the sandbox. */
  baseUrl: string
  /** Stops it, so that everything is in the ledger, and opens that. */
  stop(): Promise<LedgerReader>
  now: () => number
}

interface Ask {
  workflow: string
  step: string
  stream: boolean
  prompt: string
}

const ASKS: readonly Ask[] = [
  {
    workflow: 'support',
    step: 'classify',
    stream: false,
    prompt: 'Is "my parcel is late" a complaint or a question?',
  },
  { workflow: 'support', step: 'answer', stream: true, prompt: 'My parcel is late. What can I do?' },
  {
    workflow: 'support',
    step: 'classify',
    stream: false,
    prompt: 'Is "thanks, it came" a complaint or a question?',
  },
  { workflow: 'support', step: 'answer', stream: true, prompt: 'How do I change my delivery address?' },
  { workflow: 'research', step: 'plan', stream: false, prompt: 'Outline a comparison of three tide models.' },
  { workflow: 'research', step: 'search', stream: true, prompt: 'List what is known of tidal resonance.' },
  { workflow: 'research', step: 'write', stream: true, prompt: 'Write the summary in four sentences.' },
]

/** Returns the exit code: 1 where a request was not answered. */
export async function demo(parts: DemoParts, output: Output): Promise<number> {
  output.out(`An application's SDK points at ${parts.baseUrl}; every answer here is simulated.`)
  let failed = 0
  for (const ask of ASKS) {
    const answered = await send(parts.baseUrl, ask)
    if (answered === undefined) failed++
    const how = ask.stream ? 'stream' : 'whole '
    output.out(`  ${`${ask.workflow}/${ask.step}`.padEnd(18)} ${how}  ${excerpt(answered ?? 'not answered')}`)
  }
  output.out('')
  const reader = await parts.stop()
  const code = await reportCommand({ since: '1h', by: 'workflow,step' }, { reader, now: parts.now() }, output)
  output.out('')
  output.out('Next: `npx trimtab serve`, then set OPENAI_BASE_URL to the address it prints.')
  return failed > 0 ? 1 : code
}

async function send(baseUrl: string, { workflow, step, stream, prompt }: Ask): Promise<string | undefined> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-trimtab-workflow': workflow, 'x-trimtab-step': step },
    body: JSON.stringify({
      model: 'sandbox/sandbox-small',
      stream,
      messages: [{ role: 'user', content: prompt }],
    }),
  })
  const text = await response.text()
  if (!response.ok) return undefined
  return stream ? textOfStream(text) : messageOf(JSON.parse(text), 'message')
}

function textOfStream(text: string): string | undefined {
  if (!text.trimEnd().endsWith('data: [DONE]')) return undefined
  const events = text.split('\n').filter((line) => line.startsWith('data: {'))
  return events.map((line) => messageOf(JSON.parse(line.slice('data: '.length)), 'delta') ?? '').join('')
}

function messageOf(body: unknown, part: 'message' | 'delta'): string | undefined {
  const { choices } = body as { choices?: { message?: { content?: string }; delta?: { content?: string } }[] }
  return choices?.[0]?.[part]?.content
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 64 ? `${line.slice(0, 63)}…` : line
}
