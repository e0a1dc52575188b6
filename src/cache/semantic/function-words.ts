/** English words that frame a question and say little of what it is about. */

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''))
}

export const DETERMINERS = words(
  'the a an this that these those my your his her its our their some any each every another such',
)

const AUXILIARIES = words(
  `be is are was were am been being do does did done doing have has had having can could will would shall should may might must
  ca wo ain isn aren wasn weren don doesn didn haven hasn hadn couldn wouldn shouldn`,
)

/** What gives the word after it a part in what happens. */
export const PREPOSITIONS = words(
  `of in on at by for with about against between among into through during before after above below to from up down out off over
  under than as via per within without toward towards onto upon across along around behind beside besides beyond inside outside
  near since until till like unlike despite versus vs`,
)

export const CONJUNCTIONS = words('and or vs versus & plus')

const PRONOUNS = words(
  `i me we us you he him she they them it mine ours yours theirs myself ourselves yourself itself themselves one ones who whom whose
  what which when where why how there here`,
)

/** What people put around a question. */
const FILLERS = words(
  `please kindly hi hello hey thanks thank ok okay well so just also too very really actually basically exactly simply
  know wonder wondering lets like wanna gonna say mean someone anyone somebody anybody something anything thing things way ways
  if then else because while but though although whether however therefore hence thus etc eg ie
  yes no not nor neither either both only even still yet already again more most less least much many few lot lots same other ever
  possible able question ask asked oh um uh er err hmm erm`,
)

/** Ask for an answer where they open a sentence, and mean something of their own elsewhere. */
const REQUESTS = words(
  'tell show give list name display return find describe explain help let get need want suggest recommend provide share',
)
const REQUEST_REACH = 5

/** Not content, whatever part they play. @param place how many words of its sentence come before */
export function isFunctionWord(word: string, place: number): boolean {
  return (
    DETERMINERS.has(word) ||
    AUXILIARIES.has(word) ||
    PREPOSITIONS.has(word) ||
    CONJUNCTIONS.has(word) ||
    PRONOUNS.has(word) ||
    FILLERS.has(word) ||
    (place < REQUEST_REACH && REQUESTS.has(word))
  )
}
