/** Questions whose answer is another tomorrow: said by words of time, or asked of something that moves by the hour. */

const TIME = new RegExp(
  [
    String.raw`\b(?:now|today|today's|tonight|tonight's|tomorrow|tomorrow's|yesterday|yesterday's|currently|current|latest|newest|nowadays|presently|recent|recently|lately|upcoming|soon|so far|as of|to date|up to date|at the moment|at present|these days|anymore|ongoing)\b`,
    String.raw`\b(?:this|next|last|past|coming|previous)\s+(?:few |couple of |two |three |\d+ )?(?:second|minute|hour|day|morning|afternoon|evening|night|week|weekend|month|quarter|semester|term|season|year|decade|century|spring|summer|autumn|fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|christmas|time|election|game|match|episode|race|round|flight|train|bus)s?\b`,
    String.raw`\b(?:\w+|\d+) (?:second|minute|hour|day|week|month|year)s? ago\b|\bhow (?:long|many \w+) (?:until|till|ago|is left|are left)\b|\bwhat (?:time|day|date|year|month) is it\b|\bcountdown\b`,
    String.raw`\b(?:is|are) (?:it|there|he|she|they|[\w ]{1,30}) (?:still|open now|down right)\b|\bstill (?:alive|open|available|valid|in)\b`,
  ].join('|'),
)

const LIVE = new RegExp(
  [
    String.raw`\b(?:weather|forecast|temperature (?:in|at|outside)|humidity|rain(?:ing)?|snow(?:ing)?) (?:in|at|for|like|be|today|outside|going)\b|\bweather\b`,
    String.raw`\b(?:stock|share|bitcoin|btc|ethereum|crypto|gold|oil|gas|silver) (?:price|value|market|quote)s?\b|\b(?:price|value|worth|cost) of (?:\w+ )?(?:stock|share|bitcoin|ethereum|gold|oil|gas|silver)\b`,
    String.raw`\bexchange rate|\binterest rate|\bmortgage rate|\bstock market\b|\bmarket cap\b|\bnet worth\b`,
    String.raw`\b(?:score|standings|line ?up|odds|box office)\b|\bwho (?:is winning|'s winning|leads)\b|\bwho(?:'s| is) playing\b|^(?!.*\d)(?!.*\b(?:first|battle|war)\b).*\bwho (?:won|wins)\b`,
    String.raw`\b(?:news|headlines|trending|traffic|breaking)\b`,
    String.raw`\b(?:in stock|availability|available (?:seats|rooms|tickets|flights|appointments|slots)|opening hours|open on|next (?:train|bus|flight)|flight status|delayed|arrival time|wait time|waiting time)\b`,
    String.raw`\bprices?\b|\bhow much (?:is|are|does|do) .{1,60}\b(?:cost|ticket|tickets|subscription|flight|rent)\b`,
    String.raw`\bwho(?:'s| is) the (?:\w+ ){0,3}(?:president|prime minister|ceo|cfo|chairman|governor|mayor|senator|king|queen|pope|captain|coach|manager|champion|leader|owner|minister|secretary|chancellor|host|speaker|chief|head)\b`,
    String.raw`\b(?:near me|nearby|around here|closest|nearest) ?(?:to me)?$|\bnear me\b|\bnearest\b`,
  ].join('|'),
)

/** @param lower text in lower case, with plain apostrophes and single spaces */
export function isOfTheMoment(lower: string): 'time' | 'live-data' | undefined {
  if (TIME.test(lower)) return 'time'
  return LIVE.test(lower) ? 'live-data' : undefined
}

/** What makes it so, as it stands in the text; undefined where nothing does. @param text as written */
export function signOfTheMoment(text: string): string | undefined {
  const lower = text.toLowerCase().replace(/[‘’]/g, "'").replace(/\s+/g, ' ')
  return (TIME.exec(lower) ?? LIVE.exec(lower))?.[0].trim()
}
