/** What kinds of task a request may ask for, as operators name them in `when:`. */

export const TASKS = [
  'question_answering',
  'math',
  'code',
  'summarization',
  'translation',
  'rewriting',
  'extraction',
  'classification',
  'creative_writing',
  'business_writing',
  'brainstorming',
  'planning',
  'analysis',
  'roleplay',
  'chat',
] as const

/** `other` where no sign of any is found. */
export type Task = (typeof TASKS)[number] | 'other'
