// Sessions of several turns, and asking them through trimtab: each prompt is all of the talk so far.
import { ask } from '../local-tier/ask.mjs'

const SYSTEM = [
  'You are the assistant of a public library. Answer in one short sentence, politely, and in plain words.',
  'Say so when something is not known for sure, and never invent a title, a name or a year.',
  'Where a question cannot be answered from general knowledge, say which shelf of the library might help.',
].join(' ')

/** `count` sessions of as many turns, each turn `questionsATurn` questions of their own. */
export function makeSessions(questions, { count, turns, questionsATurn }) {
  let next = 0
  const turn = () =>
    Array.from({ length: questionsATurn }, () => questions[next++ % questions.length]).join('; ')
  // The number tells sessions apart from their first words on, whatever they ask.
  return Array.from({ length: count }, (_, number) => ({
    name: `reader ${number}`,
    turns: Array.from({ length: turns }, (_unused, index) =>
      index === 0 ? `Reader ${number} asks: ${turn()}` : turn(),
    ),
  }))
}

/** Keeps `parallel` sessions under way, turn by turn, until all have ended. Returns what `ask` saw of each request. */
export async function askSessions(origin, sessions, { workflow, model, maxTokens, parallel }) {
  const waiting = sessions.values()
  const answers = []
  const talk = async ({ turns }) => {
    const messages = [{ role: 'system', content: SYSTEM }]
    for (const [turn, content] of turns.entries()) {
      messages.push({ role: 'user', content })
      const body = JSON.stringify({
        model,
        messages,
        max_tokens: maxTokens,
        temperature: 0,
        stream: true,
        stream_options: { include_usage: true },
      })
      const answer = await ask(origin, body, { 'x-trimtab-workflow': workflow })
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
