/** Tells answers that decline to answer by how they begin, in the languages that models are asked in most. */

/** A longer answer says more than that it declines. */
const LONGEST_REFUSAL = 400
/** "I don't know" may begin an answer; only where it is all of it, nothing was answered. */
const LONGEST_IGNORANCE = 160

const CANNOT =
  "(?:can't|cannot|can not|could not|couldn't|won't|will not|am not able|'m not able|am unable|'m unable|don't have|do not have)"

/** Of the text in lower case, with straight apostrophes. Every gap is bounded, so that no text takes long to be told. */
const REFUSALS: readonly RegExp[] = [
  // English
  new RegExp(`^(?:i'm|i am|we're) (?:\\w+ )?sorry\\b.{0,20}\\bi ?${CANNOT}\\b`),
  new RegExp(`^(?:sorry|apologies|my apologies|i apologi[sz]e|unfortunately),? (?:but )?i ?${CANNOT}\\b`),
  /^i (?:can't|cannot|can not|won't|am unable to|am not able to) (?:help|assist|answer|provide|comply|fulfill|do that|do this|continue with|share|give|create|generate|write|discuss|engage|respond|access)\b/,
  /^i'm (?:unable|not able) to (?:help|assist|answer|provide|comply|fulfill|do|continue|share|give|create|generate|write|discuss|respond|access)\b/,
  /^as an? (?:ai|artificial intelligence|large language model|language model)\b.{0,60}\b(?:can't|cannot|can not|don't|do not|am not|'m not|unable|won't)\b/,
  // German
  /^(?:es )?tut mir leid\b.{0,60}\b(?:nicht|keine?n?)\b/,
  /^(?:leider|entschuldigung|ich bedaure)\b.{0,40}\b(?:kann|darf|habe)\b.{0,60}\b(?:nicht|keine?n?)\b/,
  /^ich kann .{0,40}nicht (?:helfen|weiterhelfen|beantworten|behilflich)/,
  /^als (?:ki|künstliche intelligenz|sprachmodell|ki-\w+)\b.{0,60}\b(?:nicht|keine?n?)\b/,
  // French
  /^(?:je suis )?désolée?s?[ ,.;].{0,20}\bje ne (?:peux|puis|suis)/,
  /^je ne (?:peux|puis) pas (?:vous |t')?(?:aider|répondre|fournir|assister)/,
  /^je ne suis pas en mesure/,
  /^en tant qu(?:'|e )(?:ia|intelligence artificielle|modèle de langage|assistant)\b.{0,60}\bne\b/,
  // Spanish, Portuguese, Italian
  /^lo siento\b.{0,20}\bno (?:puedo|estoy|tengo)/,
  /^no puedo (?:ayudar|responder|proporcionar|cumplir|asistir)/,
  /^como (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|inteligência artificial|modelo de linguagem)\b.{0,60}\b(?:no|não)\b/,
  /^(?:sinto muito|desculpe|lamento|me desculpe)\b.{0,20}não (?:posso|consigo|tenho)/,
  /^(?:eu )?não posso (?:ajudar|responder|fornecer|atender)/,
  /^mi dispiace\b.{0,20}\bnon (?:posso|sono|ho)\b/,
  /^non posso (?:aiutar|rispondere|fornire|assister)/,
  // Dutch
  /^(?:het )?spijt me\b.{0,60}\b(?:niet|geen)\b/,
  /^sorry,? (?:maar )?ik kan .{0,40}niet\b/,
  // Russian
  /^(?:извините|простите|к сожалению|мне жаль)[, ].{0,20}не (?:могу|имею)/,
  /^как (?:ии|искусственный интеллект|языковая модель).{0,60} не /,
  /^я не могу (?:помочь|ответить|предоставить)/,
  // Chinese, Japanese, Korean
  /^(?:非常|很)?(?:抱歉|对不起|對不起).{0,20}(?:无法|無法|不能|没法)/,
  /^作为(?:一个|一名)?(?:ai|人工智能|语言模型).{0,40}(?:无法|不能)/,
  /^我(?:无法|無法|不能)(?:回答|提供|帮助|协助|幫助)/,
  /^(?:大変)?申し訳(?:ありません|ございません).{0,60}(?:できません|できかねます|いたしかねます)/,
  /^죄송(?:합니다|하지만).{0,60}(?:없습니다|어렵습니다)/,
]

const IGNORANCE: readonly RegExp[] = [
  /^(?:i'm sorry,? |sorry,? )?(?:but )?i (?:don't|do not) (?:know|have (?:enough |any )?information)\b/,
  /^i'm not sure\b/,
  /^i have no (?:idea|information)\b/,
  /^(?:das )?weiß ich (?:leider )?nicht\b|^ich weiß (?:es |das )?(?:leider )?nicht\b/,
  /^je ne sais pas\b/,
  /^no (?:lo )?sé(?![\p{L}\p{N}])/u,
  /^(?:eu )?não sei\b/,
  /^non (?:lo )?so\b/,
  /^(?:dat )?weet ik niet\b|^ik weet (?:het|dat) niet\b/,
  /^я не знаю/,
  /^我(?:也)?不(?:太)?(?:知道|清楚)/,
  /^(?:すみません、?)?(?:私は)?(?:わかりません|分かりません|知りません)/,
  /^잘 모르겠|^모르겠습니다/,
]

/** `isWhole`: nothing follows the text. Of a longer answer that is still being told its beginning decides. */
export function declines(text: string, isWhole: boolean): boolean {
  const said = text.trim()
  if (isWhole && said.length > LONGEST_REFUSAL) return false
  const begins = beginning(said)
  if (REFUSALS.some((pattern) => pattern.test(begins))) return true
  return isWhole && said.length <= LONGEST_IGNORANCE && IGNORANCE.some((pattern) => pattern.test(begins))
}

/** Without marks of emphasis or quotation before the first word. */
function beginning(text: string): string {
  const plain = text.slice(0, LONGEST_REFUSAL).replace(/^[\s*_"'“”«»„>#-]+/, '')
  return plain.toLowerCase().replaceAll('’', "'").replaceAll(/\s+/g, ' ')
}
