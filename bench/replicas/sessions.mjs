// Sessions of several turns, and asking them through trimtab: each prompt is all of the talk so far.
import { ask } from '../local-tier/ask.mjs'

/**
 * The reader comes first: llama.cpp's server gives a prompt the slot whose beginning is most like it, and where all begin alike
 * (a tenth is enough), a new session takes the place of one that goes on.
 */
const SYSTEM = [
  'has come to a public library, whose assistant you are. Answer in one short sentence, politely, and in plain words.',
  'Say so when something is not known for sure, and never invent a title, a name or a year.',
  'Where a question cannot be answered from general knowledge, say which shelf of the library might help.',
].join(' ')

/** `count` sessions of as many turns, each turn `questionsATurn` questions of their own. */
export function makeSessions(questions, { count, turns, questionsATurn }) {
  let next = 0
  const turn = () =>
    Array.from({ length: questionsATurn }, () => questions[next++ % questions.length]).join('; ')
  return Array.from({ length: count }, (_, number) => ({
    system: `${word(number)} ${word(number * 7 + 3)}, reader ${number}, ${SYSTEM}`,
    turns: Array.from({ length: turns }, turn),
  }))
}

/** Keeps `parallel` sessions under way, turn by turn, until all have ended; `model()` names who is asked next. Returns what `ask` saw of each request. */
export async function askSessions(origin, sessions, { model, maxTokens, parallel }) {
  const waiting = sessions.values()
  const answers = []
  const talk = async ({ system, turns }) => {
    const messages = [{ role: 'system', content: system }]
    for (const [turn, content] of turns.entries()) {
      messages.push({ role: 'user', content })
      const body = JSON.stringify({
        model: model(),
        messages,
        max_tokens: maxTokens,
        temperature: 0,
        stream: true,
        stream_options: { include_usage: true },
      })
      const answer = await ask(origin, body)
      answers.push({ turn, ...answer })
      if (!answer.ok) return
      messages.push({ role: 'assistant', content: answer.text })
    }
  }
  const client = async () => {
    for (const session of waiting) await talk(session)
  }
  await Promise.all(Array.from({ length: parallel }, client))
  return answers
}

const WORDS = [
  'Amber',
  'Birch',
  'Copper',
  'Dune',
  'Ember',
  'Flint',
  'Grove',
  'Harbour',
  'Iris',
  'Juniper',
  'Kestrel',
]

function word(number) {
  return WORDS[number % WORDS.length]
}
