/** Words that are written or said in more than one way and mean one thing: spelling, contractions, short forms, close synonyms. */
import { stem } from './stem.ts'

/** First of each group stands for the rest. Kept to what holds in nearly every sentence. */
const SAME = `
big large huge, small tiny, begin start commence, buy purchase, fix repair, quick fast rapid, quickly fast rapidly,
photo picture pic photograph, movie film, car automobile, tv television, phone telephone, app application,
info information, ad advert advertisement, exam examination, lab laboratory, math maths mathematics,
prof professor instructor teacher, dr doctor, mr mister, bike bicycle, fridge refrigerator, flu influenza, price cost,
job occupation, error mistake, choose select pick, happen occur, help assist aid, allow permit, obtain acquire,
end finish, sick ill, hard difficult, easy simple, kid child, illness disease sickness, abroad overseas, maybe perhaps,
sofa couch, holiday vacation, lawyer attorney, difference distinction, method approach technique,
company firm, stop cease, reply respond, remove delete erase, improve enhance, smart intelligent clever, rich wealthy,
usa us america, uk britain, eu europe, percent percentage, website site, login signin logon, signup register,
password passcode, delivery shipping shipment, bathroom toilet restroom, trip journey, maximum max, minimum min,
class course, internet web, highest tallest, longest lengthiest, biggest largest, smallest littlest, quickest fastest,
hardest toughest, easiest simplest, author writer, happy glad, scared afraid, famous wellknown, alike similar, bigger larger,
car vehicle
`

const CANONICAL = new Map<string, string>()
for (const group of SAME.split(',')) {
  const [first = '', ...rest] = group.trim().split(' ')
  for (const word of rest) CANONICAL.set(stem(word), stem(first))
}

const CONTRACTED = new Map(
  `can't can not, cannot can not, won't will not, shan't shall not, ain't is not, i'm i am, let's let us, gonna going to,
  wanna want to, gotta got to, y'all you all, cant can not, dont do not, doesnt does not, didnt did not, isnt is not, wasnt was not,
  wont will not, couldnt could not, wouldnt would not, shouldnt should not, hasnt has not, havent have not, arent are not,
  whats what is, wheres where is, whos who is, hows how is, thats that is, im i am, ive i have, u you, ur your, pls please, plz please`
    .split(',')
    .map((line) => {
      const [short = '', ...long] = line.trim().split(' ')
      return [short, long] as const
    }),
)

const ENDINGS: readonly (readonly [string, string])[] = [
  ["n't", 'not'],
  ["'re", 'are'],
  ["'ve", 'have'],
  ["'ll", 'will'],
  ["'d", 'would'],
  ["'s", 'is'],
]

/** What a contraction stands for; the word alone where it is none. */
export function uncontracted(word: string): readonly string[] {
  const known = CONTRACTED.get(word)
  if (known !== undefined) return known
  if (!word.includes("'")) return [word]
  for (const [ending, full] of ENDINGS) {
    if (word.length > ending.length && word.endsWith(ending)) return [word.slice(0, -ending.length), full]
  }
  return [word.replaceAll("'", '')]
}

/** Words whose terms are known at a time: what people write repeats, and eight patterns a word add up. */
const MOST_KNOWN = 20_000
const KNOWN = new Map<string, string>()

/** The one stem that stands for all words that mean the same. @param word in lower case */
export function termOf(word: string): string {
  const known = KNOWN.get(word)
  if (known !== undefined) return known
  const found = stem(american(word))
  const term = CANONICAL.get(found) ?? found
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear()
  KNOWN.set(word, term)
  return term
}

/** British spelling to American, where the letters around it leave no doubt. */
function american(word: string): string {
  if (word.length < 6) return word === 'grey' ? 'gray' : word
  return word
    .replace(/(?<=[a-z]{3})our(?=$|s$|ed$|ing$|ful$|it)/, 'or')
    .replace(/(?<=[a-z]{3})is(?=e$|ed$|ing$|ation$|er$)/, 'iz')
    .replace(/(?<=[a-z]{3})yse$/, 'yze')
    .replace(/(?<=[bt])re$/, 'er')
    .replace(/(?<=[a-z]{3})ogue$/, 'og')
    .replace(/(?<=[a-z]{3}[aeiou])ll(?=ed$|ing$|er$)/, 'l')
}
