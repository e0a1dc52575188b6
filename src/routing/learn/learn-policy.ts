/** What a policy says of learning from its workflow's own traffic. */

export interface LearnPolicy {
  /** Share of eligible requests that the other tier is asked for as well, in the background, 0 to 1. */
  share: number
  /** A model that says whether two answers agree, where words do not tell; undefined: nobody is asked. */
  judge: string | undefined
  /** Bound of the requests that begin at the small tier and are answered otherwise than the large one would, 0 to 1. */
  maxQualityLoss: number
}
