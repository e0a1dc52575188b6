/** Texts that tell who asks, or ask about the one who asks. */

const IDENTITY = new RegExp(
  [
    String.raw`[\w.+-]+@[\w-]+\.\w{2,}`,
    // Cards, accounts, telephones, order numbers.
    String.raw`(?:\d[ -]?){7,}\d|\b\d{6,}\b`,
    String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{10,}\b`,
    String.raw`\b\d{3}-\d{2}-\d{4}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,}\b`,
    String.raw`\b(?:order|ticket|invoice|case|account|booking|reservation|customer|tracking|policy|claim|reference|ref|transaction)(?: (?:number|no|id|nr))?\.? ?(?:#|:)? ?(?=[a-z-]*\d)[a-z0-9-]{4,}\b`,
    String.raw`\bmy (?:name|email|address|phone|number|birthday|ssn|passport|password|pin) (?:is|'s)\b|\bi am [a-z]+ and my\b`,
  ].join('|'),
)

/** "How do I …", "can I …", "if I …": anybody's question, asked in the first person as people do. */
const ANYBODY =
  /\b(?:do|can|could|should|would|may|must|might|if|when|where|before|after|unless|will) (?:i|we)\b(?! (?:ever )?(?:have|owe)\b)/g
const HOW_TO =
  /^(?:[a-z']+[\s,]+){0,4}?(?:how (?:do|can|could|should|would|to)|(?:what|where|when) (?:should|do|can|could) (?:i|we)|can (?:i|we)|is it possible|(?:what|which) (?:is|are) the (?:\w+ )?(?:way|steps?|process|procedure)s?)\b/
const CALLER = /\b(?:i|i'm|i've|i'd|i'll|im|ive|we|we're|we've)\b/
const OWN = /\b(?:my|mine|our|ours)\b/
/** Ways of asking, which say nothing of the one who asks. */
const WISHES =
  /\bi(?:'d| would)? ?(?:want|wanna|need|like|love|wish)(?:ed)? to (?:know|ask|learn|understand|find out|see|hear)\b|\bi (?:was|am|'m) (?:just )?(?:wondering|curious|trying|looking)\b|\bi(?:'m| am) (?:wondering|curious|looking)\b|\bi (?:do not|don't|dont) (?:know|understand)\b|\bi wonder\b|\bcan i (?:ask|know)\b|\bi have a question\b|\bi (?:think|guess|mean|believe|hope|heard|read)\b|\b(?:tell|show|give|help|teach|explain to|let) (?:me|us)\b/g

/** @param lower text in lower case, with plain apostrophes and single spaces */
export function tellsIdentity(lower: string): boolean {
  return IDENTITY.test(lower)
}

/** Asks about the caller's own affairs: "where is my order", "I paid twice". "How do I change my password" is anybody's. */
export function isPersonal(lower: string): boolean {
  const rest = lower.replace(WISHES, '').replace(ANYBODY, '')
  if (CALLER.test(rest)) return true
  return OWN.test(rest) && !HOW_TO.test(lower)
}
