/** The port to an installation's documents, worded by who asks them. */

export interface CitedPassage {
  id: string
  /** Path of the file, as it was added. */
  source: string
  /** In the file; of a PDF the page. */
  line: number
  /** Headings above it, joined by ` > `; empty where there are none. */
  heading: string
  text: string
}

export type Found =
  | {
      kind: 'found'
      /** Verbatim. */
      quote: string
      /** That the quote holds the answer, 0 to 1. */
      confidence: number
      /** The first is the one that is quoted, at its line; the rest are near it. */
      passages: readonly [CitedPassage, ...CitedPassage[]]
    }
  | {
      kind: 'abstains'
      /** A sentence without its stop. */
      reason: string
      /** Undefined where there was nothing to be sure of. */
      confidence: number | undefined
      /** What it would have quoted. */
      passages: readonly CitedPassage[]
    }

export interface Asked {
  question: string
  collection: string
  /** Of the caller: a collection of another tenant's is not there. */
  tenant: string
  /** 0 to 1; undefined: the one that ships. */
  minConfidence: number | undefined
}

export interface Knowledge {
  /** Never rejects: documents that cannot be read abstain. */
  ask(asked: Asked): Promise<Found>
}
