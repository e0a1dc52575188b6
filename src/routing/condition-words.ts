/** Why a rule's condition holds or does not, in words for a person. */
import type { Difficulty } from './classifier.ts'
import type { ConditionFacts, Unmet } from './match-condition.ts'
import type { Condition, Range } from './rule.ts'

/** Half a sentence: what the condition wants, and what the request has instead. */
export function unmetWords(unmet: Unmet, when: Condition, facts: ConditionFacts): string {
  switch (unmet) {
    case 'endpoint':
      return `is for ${listed(when.endpoint ?? [])}; this is ${facts.endpoint}`
    case 'model':
      return `is for the model ${listed(when.model ?? [])}; asked for is ${facts.model ?? 'none'}`
    case 'key':
      return `is for the key ${listed(when.key ?? [])}; the caller has ${facts.keyName ?? 'none'}`
    case 'tags':
      return unmetTags(when, facts)
    case 'tools':
      return when.tools
        ? 'is for requests with tools; this has none'
        : 'is for requests without tools; this has some'
    case 'hour':
      return `is for the hours ${hours(when)}; it is ${facts.hourIn(when.hour?.timeZone ?? 'UTC')} there`
    case 'has':
      return `wants ${listed(when.has ?? [])}; the request has ${listed(facts.has) || 'text alone'}`
    case 'tokens':
      return `wants tokens ${range(when.tokens ?? {})}; the request has about ${count(facts.tokens)}`
    case 'outputShape':
      return `is for answers as ${listed(when.outputShape ?? [])}; this wants ${facts.outputShape}`
    case 'turns':
      return `wants turns ${range(when.turns ?? {})}; this is turn ${count(facts.turns)}`
    default:
      return unreadWords(unmet, when, facts)
  }
}

type Read = 'task' | 'language' | 'code' | 'timeDependent' | 'difficulty'

/** Of what is read out of the text. */
function unreadWords(unmet: Read, when: Condition, facts: ConditionFacts): string {
  switch (unmet) {
    case 'task':
      return `is for ${listed(when.task ?? [])}; this is ${facts.task}`
    case 'language':
      return `is for the languages ${listed(when.language ?? [])}; this is ${facts.language}`
    case 'code':
      return when.code
        ? 'is for requests with code; this has none'
        : 'is for requests without code; this has some'
    case 'timeDependent':
      return when.timeDependent
        ? 'is for questions of the moment; the answer to this one stays'
        : 'is for questions whose answer stays; this one is of the moment'
    case 'difficulty':
      return `wants difficulty ${range(when.difficulty ?? {})}; it is ${difficultyWords(facts.difficulty)}`
    default:
      return unmet satisfies never
  }
}

/** What of a condition the request met; empty where the rule states none. */
export function metWords(when: Condition, facts: ConditionFacts): string {
  const said = [
    when.endpoint && `endpoint ${facts.endpoint}`,
    when.model && `model ${facts.model}`,
    when.key && `key ${facts.keyName}`,
    when.tags && `tags ${listed(Object.keys(when.tags).map((name) => `${name}=${facts.tags[name]}`))}`,
    when.tools !== undefined && (when.tools ? 'has tools' : 'has no tools'),
    when.hour && `hour ${facts.hourIn(when.hour.timeZone)} is within ${hours(when)}`,
    when.has && `has ${listed(facts.has)}`,
    when.tokens && `about ${count(facts.tokens)} tokens, ${range(when.tokens)}`,
    when.outputShape && `answer as ${facts.outputShape}`,
    when.turns && `turn ${count(facts.turns)}, ${range(when.turns)}`,
    when.language && `language ${facts.language}`,
    when.timeDependent !== undefined && (when.timeDependent ? 'of the moment' : 'not of the moment'),
    when.code !== undefined && (when.code ? 'has code' : 'has no code'),
    when.task && `task ${facts.task}`,
    when.difficulty && `difficulty ${difficultyWords(facts.difficulty)}, ${range(when.difficulty)}`,
  ]
  return said.filter((part) => typeof part === 'string').join('; ')
}

function unmetTags({ tags = {} }: Condition, facts: ConditionFacts): string {
  const wanted = Object.entries(tags).map(([name, globs]) => `${name}=${globs.join('|')}`)
  const given = Object.entries(facts.tags).map(([name, value]) => `${name}=${value}`)
  return `wants the tags ${listed(wanted)}; the request has ${listed(given) || 'none'}`
}

function hours({ hour }: Condition): string {
  return hour === undefined ? '' : `${hour.from} to ${hour.to} (${hour.timeZone})`
}

function range({ below, above }: Range): string {
  const bounds = [
    above !== undefined && `above ${count(above)}`,
    below !== undefined && `below ${count(below)}`,
  ]
  return bounds.filter((bound) => bound !== false).join(' and ')
}

function difficultyWords(difficulty: Difficulty): string {
  return difficulty === 'unknown' ? 'unknown, which counts as hard' : difficulty.toFixed(2)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function listed(names: readonly string[]): string {
  return names.join(', ')
}
