/** `temperature`, `top_p` and `top_k`: chat's words → Anthropic's, within what the model takes. */
import type { MessagesModelFacts } from '../anthropic/model-facts.ts'
import type { Fields, Notes } from './converted.ts'

/** Lower ones are refused while a model thinks. */
const LEAST_TOP_P_WHILE_THINKING = 0.95

export function chatSamplingAsMessages(
  body: Fields,
  facts: MessagesModelFacts,
  thinks: boolean,
  notes: Notes,
): Fields {
  const said: Fields = {}
  const { top_p: topP, top_k: topK } = body
  const temperature = temperatureOf(body, notes)
  if (temperature !== undefined) {
    if (facts.sampling === 'none') leaveOut('temperature', temperature !== 1, 'this model takes none', notes)
    else if (thinks) leaveOut('temperature', temperature !== 1, 'Anthropic refuses it with thinking', notes)
    else said.temperature = temperature
  }
  if (typeof topP === 'number') {
    if (facts.sampling === 'none') leaveOut('top_p', topP !== 1, 'this model takes none', notes)
    else if (thinks && topP < LEAST_TOP_P_WHILE_THINKING) {
      leaveOut('top_p', true, 'Anthropic refuses it with thinking', notes)
    } else if (facts.sampling === 'one' && said.temperature !== undefined) {
      leaveOut('top_p', topP !== 1, 'this model takes one of temperature and top_p', notes)
    } else said.top_p = topP
  }
  if (typeof topK === 'number') {
    if (facts.sampling === 'none' || thinks) leaveOut('top_k', true, 'this model takes none here', notes)
    else said.top_k = topK
  }
  return said
}

/** Chat's goes to 2, Anthropic's to 1. */
function temperatureOf({ temperature }: Fields, notes: Notes): number | undefined {
  if (typeof temperature !== 'number') return undefined
  if (temperature <= 1) return temperature
  notes.add('temperature', "said as 1, the highest of Anthropic's.")
  return 1
}

function leaveOut(name: string, isTold: boolean, why: string, notes: Notes): void {
  if (isTold) notes.add(name, `left out, ${why}.`)
}
