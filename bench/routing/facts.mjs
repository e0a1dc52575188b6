// How well the facts are read: tasks on auto-j's categories, the moment on SituatedQA, and what difficulty is unknown of.
import { rows } from '../../training/router/texts.mjs'

/** auto-j's 59 categories by the task that an operator would name; `default` and refusals are no task. Eval only. */
const TASK_OF = {
  question_answering: `open_question explaining_general verifying_fact solving_exam_question_without_math asking_how_to_question
    seeking_advice value_judgement reading_comprehension counterfactual`,
  math: 'math_reasoning solving_exam_question_with_math',
  code: 'code_generation code_correction_rewriting explaining_code code_to_code_translation code_simplification',
  summarization: 'text_summarization note_summarization',
  translation: 'text_to_text_translation',
  rewriting: 'instructional_rewriting language_polishing paraphrasing text_simplification text_correction',
  extraction: 'information_extraction keywords_extraction',
  classification: 'classification_identification topic_modeling ranking',
  creative_writing: 'creative_writing writing_song_lyrics',
  writing: `functional_writing title_generation writing_cooking_recipe writing_legal_document writing_presentation_script
    writing_social_media_post writing_blog_post writing_job_application writing_personal_essay writing_advertisement writing_email
    writing_news_article writing_product_description writing_marketing_materials writing_technical_document writing_biography
    writing_scientific_paper`,
  brainstorming: 'brainstorming recommendation question_generation',
  planning: 'planning',
  analysis: 'analyzing_general data_analysis peer_review',
  roleplay: 'roleplay',
  chat: 'chitchat',
}

export function readFacts(data, classify) {
  return { tasks: tasks(data, classify), moment: moment(data, classify), unknown: unknown(data, classify) }
}

function tasks(data, classify) {
  const taskOf = new Map(
    Object.entries(TASK_OF).flatMap(([task, names]) => names.split(/\s+/).map((name) => [name, task])),
  )
  const asked = rows(data, 'intent/task_type_train').filter(({ category }) => taskOf.has(category))
  const byTask = {}
  let right = 0
  for (const { category, instruction } of asked) {
    const wanted = taskOf.get(category)
    const told = classify(instruction).task
    byTask[wanted] ??= { count: 0, found: 0, told: 0 }
    byTask[told] ??= { count: 0, found: 0, told: 0 }
    byTask[wanted].count++
    byTask[told].told++
    if (told === wanted) {
      byTask[wanted].found++
      right++
    }
  }
  const commonest = Math.max(...Object.values(byTask).map(({ count }) => count))
  return { count: asked.length, accuracy: right / asked.length, commonest: commonest / asked.length, byTask }
}

function moment(data, classify) {
  const asked = rows(data, 'cache/time_dependence_train')
  let [both, told, is] = [0, 0, 0]
  for (const { question, is_dependent } of asked) {
    const says = classify(question).timeDependent
    if (says) told++
    if (is_dependent) is++
    if (says && is_dependent) both++
  }
  return { count: asked.length, dependent: is, precision: both / told, recall: both / is }
}

/** Share of texts whose difficulty is unknown: all of these are unlike an exam's questions. */
function unknown(data, classify) {
  const texts = {
    'auto-j (never trained on)': rows(data, 'intent/task_type_train').map(({ instruction }) => instruction),
    'QQP (never trained on)': rows(data, 'cache/qqp_part').slice(0, 5000).map(({ a }) => a),
    'XQuAD (never trained on)': rows(data, 'questions/xquad_en').flatMap(({ questions }) =>
      questions.map(({ question }) => question),
    ),
    'NQ open': rows(data, 'questions/nq_open_dev').map(({ question }) => question),
    'arena-hard': rows(data, 'questions/arena_hard_v0.1').map(({ prompt }) => prompt),
    'MMLU as trained on': rows(data, 'routing/routellm_mmlu_half').map(({ prompt }) => prompt),
  }
  return Object.entries(texts).map(([name, of]) => ({
    name,
    count: of.length,
    unknown: of.filter((text) => classify(text).difficulty === 'unknown').length / of.length,
  }))
}
