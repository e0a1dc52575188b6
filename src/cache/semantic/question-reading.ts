/** What a question says, taken apart once, so that two can be compared without reading either again. */
import { capitalsOf } from './capitals.ts'
import { dateAt } from './dates.ts'
import { CONJUNCTIONS, DETERMINERS, isFunctionWord, isSubject, PREPOSITIONS } from './function-words.ts'
import { isIdentifier, lettersAndNumber } from './identifiers.ts'
import { type Language, languageOf } from './language.ts'
import { isName } from './names.ts'
import { type Negation, negationOf } from './negation.ts'
import { type Quantity, quantityAt } from './quantities.ts'
import { askedKinds } from './question-type.ts'
import { quotesOf } from './quotes.ts'
import { limitOf, narrows, relationOf } from './relations.ts'
import { withoutRepair } from './repair.ts'
import { isStrongRole, roleOf } from './roles.ts'
import { strandedOf } from './stranded.ts'
import { type FoundSuperlative, isSuperlative, type Superlative, withHeads } from './superlatives.ts'
import { repeated } from './term-frequencies.ts'
import { isPresent, relativeTime, type Tense, tenseOf } from './time-reading.ts'
import { type Token, tokensOf } from './tokens.ts'
import { uncontractedTokens } from './uncontracted-tokens.ts'
import { termOf } from './word-forms.ts'

/** A word that says what the question is about, or a number, name or date of it. */
export interface ContentWord {
  /** What stands for every form of the word; numbers begin with `#`. */
  term: string
  /** The preposition it stands under, `of` where it owns what follows, `wh` where it is what is asked for; else empty. */
  role: string
  /** Words of one number are next to each other, or joined by `and` and `or`. */
  phrase: number
  /** Words of one number have no conjunction between them. */
  part: number
}

export interface QuestionReading {
  readonly text: string
  /** Every word in lower case, as spoken. */
  readonly spoken: readonly string[]
  readonly words: readonly ContentWord[]
  /** What may be said on one side alone: terms of the words, `term²` for one said again, and small words that narrow. */
  readonly terms: ReadonlySet<string>
  /** Words that frame the question, in order: equal frames with equal terms differ in order alone. */
  readonly frame: string
  readonly quantities: readonly Quantity[]
  readonly dates: ReadonlySet<string>
  readonly identifiers: ReadonlySet<string>
  /** Quoted texts in lower case, words apart by one space. */
  readonly quotes: readonly string[]
  /** Terms that are written as names. */
  readonly names: readonly string[]
  readonly negation: Negation
  readonly relations: ReadonlySet<string>
  readonly limits: ReadonlySet<string>
  readonly times: ReadonlySet<string>
  /** Of its verbs that say one, in order. */
  readonly tenses: readonly Tense[]
  readonly kinds: readonly number[]
  readonly language: Language
  readonly superlatives: readonly Superlative[]
  /** Roles of prepositions whose word is asked for. */
  readonly stranded: ReadonlySet<string>
  /** Words told apart by their capitals alone. */
  readonly capitals: ReadonlyMap<string, string>
}

/** Longer texts are read this far: they are not served from memory, and only have to cost little. */
const MOST_CHARACTERS = 4000

export function readQuestion(text: string): QuestionReading {
  const whole = uncontractedTokens(
    tokensOf(text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text),
  )
  const tokens = withoutRepair(whole)
  const draft = new Draft(tokens)
  for (let at = 0; at < tokens.length; ) at += draft.take(at)
  const spoken = tokens.map(({ word }) => word)
  return {
    text,
    spoken,
    words: draft.words,
    terms: draft.terms,
    frame: draft.frame.join(' '),
    quantities: draft.quantities.sort((left, right) => (left.value < right.value ? -1 : 1)),
    dates: filled(draft.dates),
    identifiers: filled(draft.identifiers),
    quotes: quotesOf(text),
    names: draft.names,
    negation: negationOf(tokens),
    relations: filled(draft.relations),
    limits: filled(draft.limits),
    times: filled(draft.times),
    tenses: draft.tenses,
    kinds: askedKinds(tokens),
    language: languageOf(text, spoken),
    superlatives: withHeads(draft.superlatives, draft.words),
    stranded: strandedOf(tokens),
    capitals: capitalsOf(tokens),
  }
}

/** Most are empty, and thousands of readings are kept. */
function filled(found: ReadonlySet<string>): ReadonlySet<string> {
  return found.size === 0 ? NOTHING : found
}

const NOTHING: ReadonlySet<string> = new Set()

class Draft {
  readonly words: ContentWord[] = []
  readonly terms = new Set<string>()
  readonly frame: string[] = []
  readonly quantities: Quantity[] = []
  readonly dates = new Set<string>()
  readonly identifiers = new Set<string>()
  readonly names: string[] = []
  readonly relations = new Set<string>()
  readonly limits = new Set<string>()
  readonly times = new Set<string>()
  readonly tenses: Tense[] = []
  readonly superlatives: FoundSuperlative[] = []
  #role = ''
  /** Nothing has come since the preposition. */
  #isUnderPreposition = false
  #phrase = 0
  #part = 0
  #place = 0
  readonly #tokens: readonly Token[]
  readonly #areCapitalsTold: boolean

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
    this.#areCapitalsTold =
      tokens.filter(({ written }) => /^\p{Lu}/u.test(written)).length <= 1 + tokens.length * 0.6
  }

  /** Reads what begins at a token; how many tokens it took. */
  take(at: number): number {
    const token = this.#tokens[at] as Token
    if (token.opensSentence) this.#place = 0
    const length = this.#takeValue(at, token) || this.#takeWord(at, token)
    this.#place += length
    if (this.#tokens[at + length - 1]?.endsClause) this.#leave()
    return length
  }

  #takeValue(at: number, token: Token): number {
    const date = dateAt(this.#tokens, at)
    if (date !== undefined) {
      for (const one of date.dates) {
        this.dates.add(one)
        this.#addWord(`#${one}`, isStrongRole(this.#role) ? this.#role : 'when')
      }
      for (const value of date.numbers) this.#addQuantity({ value, unit: '', bound: '' })
      return 1
    }
    const quantity = quantityAt(this.#tokens, at)
    if (quantity !== undefined) {
      this.#addQuantity(quantity)
      return quantity.length
    }
    if (!isIdentifier(token.word)) return 0
    const split = lettersAndNumber(token.word)
    if (split === undefined) {
      this.identifiers.add(token.word)
      this.#addWord(token.word)
    } else {
      this.#addWord(termOf(split.letters))
      this.#addQuantity({ value: split.number, unit: '', bound: '' })
    }
    return 1
  }

  #takeWord(at: number, { word, isPossessive, written }: Token): number {
    const time = relativeTime(word)
    if (time !== undefined) this.times.add(time)
    const tense = tenseOf(word)
    if (tense !== undefined) this.tenses.push(tense)
    const relation = relationOf(word, this.words.at(-1)?.term)
    if (relation !== undefined) this.relations.add(relation)
    const limit = limitOf(word)
    if (limit !== undefined) this.limits.add(this.#isOnSubject(at, limit) ? `${limit} of them` : limit)
    if (time === undefined ? isFunctionWord(word, this.#place) : isPresent(time)) {
      this.#frameWord(word)
      return 1
    }
    const term = termOf(word)
    this.#addWord(term, isPossessive ? 'of' : undefined)
    if (isSuperlative(term)) this.#addSuperlative(term)
    if (this.#areCapitalsTold && isName(this.#tokens, at, written)) this.names.push(term)
    return 1
  }

  /** "Do only birds eat seeds?", not "do birds only eat seeds?". */
  #isOnSubject(at: number, limit: string): boolean {
    return limit === 'only' && this.words.length === 0 && !isSubject(this.#tokens[at - 1]?.word)
  }

  #frameWord(word: string): void {
    if (narrows(word)) this.terms.add(termOf(word))
    if (DETERMINERS.has(word)) return
    this.frame.push(word)
    if (CONJUNCTIONS.has(word)) this.#part++
    else if (PREPOSITIONS.has(word)) this.#leave(this.#roleOf(word))
    else if (word === 'what' || word === 'which' || word === 'many' || word === 'much') this.#leave('wh')
    else this.#leave()
    if (isSuperlative(word)) this.#addSuperlative(word)
  }

  #addSuperlative(term: string): void {
    this.superlatives.push({ term, from: this.words.length, phrase: this.#phrase, role: this.#role })
  }

  /** "Outside of", "instead of": the first of two says more. */
  #roleOf(word: string): string {
    return word === 'of' && this.#isUnderPreposition ? this.#role : roleOf(word)
  }

  #leave(role = ''): void {
    this.#role = role
    this.#isUnderPreposition = role !== '' && role !== 'wh'
    this.#phrase++
    this.#part++
  }

  #addQuantity({ value, unit, bound }: Quantity): void {
    this.quantities.push({ value, unit, bound })
    this.#addWord(`#${value}`)
    if (unit !== '') this.terms.add(unit)
  }

  #addWord(term: string, role = this.#role): void {
    this.#isUnderPreposition = false
    this.terms.add(this.terms.has(term) ? repeated(term) : term)
    this.words.push({ term, role, phrase: this.#phrase, part: this.#part })
    if (this.frame.at(-1) !== '·') this.frame.push('·')
  }
}
