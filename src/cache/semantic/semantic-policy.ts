/** What a policy says of remembered answers to questions that mean the same. */

export interface SemanticPolicy {
  /** `shadow`: it decides and records what it would have done, and a model is always asked. */
  mode: 'shadow' | 'on'
  ttlMs: number
  /** Bound of wrong answers per request of the workflow, 0 to 1: the upper 95 % bound of its evidence stays under it. */
  maxWrongRate: number
  /** Share of hits that are also asked of the model, in the background, 0 to 1. */
  auditShare: number
  /** A model that says whether two answers agree, where words do not tell; undefined: nobody is asked. */
  judge: string | undefined
  /** A hit near the end of its entry has a model asked again, behind the caller. */
  refreshesAhead: boolean
  /** A hit takes as long as a model would. */
  masksTiming: boolean
  /** `through`: the caller waits until its answer is stored. `around`: none is stored. */
  write: 'behind' | 'through' | 'around'
}
