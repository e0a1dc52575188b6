/** Which two terms are opposites: by list, or by how they are formed. */
import { ANTONYM_PAIRS } from './antonym-words.ts'
import { termOf } from './word-forms.ts'

/** Pairs of everyday questions that the list of WordNet lacks. */
const MORE_PAIRS = `
inductive deductive, import export, login logout, signin signout, signup unsubscribe, activate deactivate, install uninstall,
upload download, sender recipient, sender receiver, send receive, debit credit, income expense, profit loss, gain lose,
win lose, win loss, winner loser, host guest, client server, parent child, teacher student, doctor patient, landlord tenant,
lender borrower, plaintiff defendant, predator prey, wife husband, mother father, son daughter, uncle aunt, niece nephew,
king queen, prince princess, man woman, boy girl, male female, vertical horizontal, latitude longitude, acid base,
solid liquid, liquid gas, solid gas, hardware software, frontend backend, public private, free paid, free premium,
new old, young old, oldest youngest, oldest newest, newest old, biggest smallest, highest lowest, tallest shortest, longest shortest,
fastest slowest, cheapest costly, heaviest lightest, largest smallest, hottest coldest, easiest hardest, richest poorest,
strongest weakest, nearest farthest, nearest furthest, closest farthest, deepest shallowest, widest narrowest, thickest thinnest,
earliest latest, maximum minimum, most least, best worst, first last, begin end, start stop, start end, start finish,
freeze unfreeze, block unblock, lock unlock, mute unmute, pause resume, enable disable, connect disconnect, hire fire,
lend borrow, buy sell, bought sold, rent buy, rent own, push pull, rise fall, increase decrease, raise lower, grow shrink,
expand contract, gain loss, add remove, add subtract, multiply divide, insert remove, insert delete, create destroy, create delete, open close,
accept reject, accept decline, approve reject, approve deny, allow forbid, allow ban, allow prevent, arrive depart, arrival departure,
enter leave, enter exit, entrance exit, come go, live die, birth death, born die, marry divorce, love hate, agree disagree,
remember forget, find lose, save spend, save waste, win draw, attack defend, defence offence, offense defense, cause cure, cause prevent,
cause effect, question answer, problem solution, advantage disadvantage, pro con, benefit drawback, benefit risk, strength weakness,
success failure, succeed fail, pass fail, true false, right wrong, left right, north south, east west, northern southern, eastern western,
top bottom, front back, upper lower, inner outer, internal external, interior exterior, upstairs downstairs, indoor outdoor, indoors outdoors, inside outside,
domestic international, national international, local global, urban rural, city village, import domestic, ancient modern, summer winter, spring autumn,
day night, sunrise sunset, am pm, morning evening, weekday weekend, single married, single multiple, single double, singular plural, cheap expensive,
hot cold, warm cold, wet dry, light dark, light heavy, bright dark, hard soft, hard easy, easy difficult, simple complex, simple complicated,
rough smooth, thick thin, wide narrow, deep shallow, long short, tall short, high low, big small, large small, large little, fat thin, strong weak,
strong mild, fast slow, quick slow, early late, full empty, clean dirty, safe dangerous, safe risky, healthy sick, healthy unhealthy, rich poor, happy sad,
good bad, good evil, better worse, beautiful ugly, smart stupid, loud quiet, brave cowardly, kind cruel, polite rude, honest dishonest,
lazy hardworking, generous stingy, positive negative, optimistic pessimistic, active passive, active inactive, introvert extrovert, formal informal,
permanent temporary, raw cooked, fresh stale, sweet sour, sweet bitter, natural artificial, real fake, original copy, original fake, manual automatic,
analog digital, online offline, wired wireless, mobile desktop, static dynamic, static kinetic, direct indirect, finite infinite, odd even, major minor,
majority minority, senior junior, superior inferior, primary secondary, optional mandatory, optional required, voluntary compulsory, visible hidden,
ascending descending, forward backward, upstream downstream, convex concave, hyper hypo, supply demand, employer employee, buyer seller,
bull bear, bullish bearish, inflation deflation, surplus deficit, asset liability, gross net, wholesale retail, legal illegal, guilty innocent,
victory defeat, war peace, ally enemy, friend enemy, democrat republican, liberal conservative, left liberal, heaven hell, god devil, angel demon,
hero villain, vegetarian meat, alive dead, awake asleep, sober drunk, present absent, presence absence, include exclude, encourage discourage,
encode decode, encrypt decrypt, compress decompress, zip unzip, mount unmount, deposit withdraw, deposit withdrawal, charge refund, charge discharge,
promote demote, hide show, hide unhide, follow unfollow, subscribe unsubscribe, undo redo, input output, read write, master slave, latter former,
undergraduate graduate, fall spring, fall winter, lecture lab, mandatory elective, required elective, ask answer, teach learn, fat lean, sharp dull, sharp blunt,
bigger smaller, larger smaller, higher lower, longer shorter, taller shorter, older younger, older newer, faster slower, quicker slower,
heavier lighter, darker lighter, richer poorer, stronger weaker, cheaper costlier, nearer farther, closer farther, closer further, deeper shallower,
wider narrower, thicker thinner, hotter colder, hotter cooler, warmer colder, warmer cooler, easier harder, softer harder, louder quieter,
safer riskier, brighter darker, happier sadder, newer older, broader narrower, smoother rougher, sharper duller, wetter drier, fresher staler
`

const OPPOSITES = new Map<string, Set<string>>()
for (const pair of `${ANTONYM_PAIRS},${MORE_PAIRS}`.split(',')) {
  const [left, right] = pair.trim().split(' ').map(termOf)
  if (left === undefined || right === undefined || left === right) continue
  addOpposite(left, right)
  addOpposite(right, left)
}

const NEGATING = /^(?:un|in|im|il|ir|dis|non|anti|mis|de|counter|a)$/
/** Beginnings that tell two words apart whose rest is one. */
const TURNING = [
  ['over', 'under'],
  ['hyper', 'hypo'],
  ['inter', 'intra'],
  ['pre', 'post'],
  ['pro', 'anti'],
  ['ex', 'im'],
  ['ex', 'in'],
  ['in', 'out'],
  ['up', 'down'],
  ['macro', 'micro'],
  ['maxi', 'mini'],
  ['mono', 'multi'],
  ['mono', 'poly'],
  ['en', 'de'],
  ['as', 'de'],
  ['in', 'de'],
  ['homo', 'hetero'],
  ['exo', 'endo'],
  ['super', 'sub'],
  ['fore', 'back'],
  ['for', 'back'],
  ['after', 'before'],
  ['en', 'dis'],
  ['ap', 'dis'],
  ['uni', 'bi'],
  ['uni', 'multi'],
  ['e', 'im'],
  ['in', 'ex'],
  ['with', 'without'],
] as const

export function areOpposites(left: string, right: string): boolean {
  if (OPPOSITES.get(left)?.has(right)) return true
  // The other two ways begin differently, and end alike: most pairs of words do not.
  if (left.at(-1) === right.at(-1) && (isNegated(left, right) || isTurned(left, right))) return true
  return isLess(left, right)
}

function isNegated(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left]
  return short.length > 2 && long.endsWith(short) && NEGATING.test(long.slice(0, -short.length))
}

function isTurned(left: string, right: string): boolean {
  for (const [one, other] of TURNING) {
    if (left.startsWith(one) && right.startsWith(other) && isSameRest(left, one, right, other)) return true
    if (left.startsWith(other) && right.startsWith(one) && isSameRest(left, other, right, one)) return true
  }
  return false
}

function isSameRest(left: string, leftStart: string, right: string, rightStart: string): boolean {
  const rest = left.slice(leftStart.length)
  return rest.length > 2 && rest === right.slice(rightStart.length)
}

/** `useful` and `useless`, `care` and `careless`. */
function isLess(left: string, right: string): boolean {
  return isLessOf(left, right) || isLessOf(right, left)
}

function isLessOf(less: string, full: string): boolean {
  return less.endsWith('less') && less.slice(0, -4) === full.replace(/ful$/, '')
}

function addOpposite(one: string, other: string): void {
  const known = OPPOSITES.get(one)
  if (known === undefined) OPPOSITES.set(one, new Set([other]))
  else known.add(other)
}
