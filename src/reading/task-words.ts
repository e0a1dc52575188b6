/** The words by which people say what they want done, by the kind of task. Written down, not learned. */
import type { Task } from './tasks.ts'

/** Verbs that ask for a task where they open a sentence: "translate …", "please summarise …". */
export const VERBS = table({
  translation: 'translate translating',
  summarization: 'summarize summarise summarizing summarising condense recap tldr',
  rewriting: `rewrite rewriting paraphrase rephrase reword proofread polish edit revise simplify shorten correct reformulate improve
    rewrites restructure`,
  code: 'debug implement refactor compile program code deploy optimize',
  math: 'solve calculate compute prove integrate differentiate simplify determine factorise factorize evaluate',
  extraction: 'extract parse pull identify collect locate',
  classification: 'classify categorize categorise label tag detect sort predict',
  creative_writing: 'rhyme invent compose',
  brainstorming: 'brainstorm suggest recommend propose list name ideate',
  planning: 'plan schedule organize organise outline prepare',
  analysis:
    'analyze analyse compare contrast assess critique discuss examine interpret review argue rank criticize judge reflect',
  question_answering: 'explain describe define tell answer clarify state elaborate',
  roleplay: 'pretend imagine roleplay simulate',
})

/** Verbs that say nothing before one knows of what: "write a poem", "give me a summary". */
export const MAKING: ReadonlySet<string> = new Set(
  `write create generate make give draft produce provide design develop build craft compose prepare come list show do suggest get
  construct offer formulate put need want looking`.split(/\s+/),
)

/** What is made, after one of those verbs. */
export const NOUNS = table({
  translation: 'translation',
  summarization: 'summary summaries synopsis gist takeaways takeaway recap abstract tldr',
  rewriting: 'paraphrase rewording version revision',
  code: `function code script program class regex sql query html css javascript python java c++ c# typescript api algorithm snippet
    dockerfile bash component plugin macro implementation loop app application website webpage unittest rust golang php`,
  math: 'proof equation integral derivative solution',
  extraction: 'keywords keyword entities',
  classification: 'sentiment category classification label topic topics',
  creative_writing: `poem poems story stories song songs lyrics haiku limerick screenplay novel scene joke jokes dialogue sonnet rap verse
    tale plot monologue melody fanfiction fanfic riddle myth fable ballad chorus ode parody skit sketch character chapter`,
  writing: `email emails mail letter essay article blog post posts report press resume cv advertisement ad ads slogan speech tweet tweets
    caption captions description descriptions memo proposal newsletter biography bio announcement tagline headline headlines title
    titles pitch invitation review cover documentation manual contract agreement paragraph introduction conclusion message content
    copy script presentation statement recipe text paper policy terms linkedin instagram facebook thread obituary eulogy toast
    testimonial brochure flyer webpage editorial column sentence sentences`,
  brainstorming: `ideas idea names suggestions suggestion recommendations recommendation tips alternatives options examples list questions
    ways topics reasons prompts activities gifts books movies places quiz`,
  planning: `plan plans schedule itinerary roadmap agenda strategy outline curriculum timetable checklist routine syllabus workout steps
    budget timeline`,
  analysis:
    'analysis comparison critique evaluation assessment pros swot feedback opinion argument essay-review interpretation',
})

/** What is asked for by asking: opens a question. */
export const QUESTION_WORDS: ReadonlySet<string> = new Set(
  `what who whom whose when where which why how is are was were does do did has have had should shall if
  what's who's where's how's whats whos won't isn't doesn't don't can't aren't`.split(/\s+/),
)

/** Of tongues: "… in Spanish", "… into German". */
export const TONGUES: ReadonlySet<string> = new Set(
  `english spanish french german italian portuguese chinese mandarin japanese korean russian arabic hindi dutch turkish polish swedish
  greek latin hebrew vietnamese thai indonesian ukrainian czech danish finnish norwegian hungarian romanian persian urdu bengali`.split(
    /\s+/,
  ),
)

export const MATH_WORDS: ReadonlySet<string> = new Set(
  `equation integral derivative polynomial theorem matrix eigenvalue probability triangle perimeter circumference hypotenuse logarithm
  quadratic remainder divisor divisible factorial permutation permutations fraction numerator denominator cosine sine vector
  algebra calculus arithmetic geometry velocity acceleration percent percentage sum product median variance`.split(
    /\s+/,
  ),
)

function table(byTask: Partial<Record<Task, string>>): ReadonlyMap<string, readonly Task[]> {
  const found = new Map<string, Task[]>()
  for (const [task, words] of Object.entries(byTask) as [Task, string][]) {
    for (const word of words.trim().split(/\s+/)) {
      const tasks = found.get(word)
      if (tasks === undefined) found.set(word, [task])
      else tasks.push(task)
    }
  }
  return found
}
