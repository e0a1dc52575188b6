/** The kinds of task a text may ask for, as operators name them. */

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
  'writing',
  'brainstorming',
  'planning',
  'analysis',
  'roleplay',
  'chat',
] as const

/** `other` where no sign of any is found. */
export type Task = (typeof TASKS)[number] | 'other'
