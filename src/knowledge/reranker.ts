/** The port to whoever orders passages anew: a model that reads a question and a passage together. */

export interface Reranker {
  /** A score for each text, higher for what answers better; their scale is the model's own. Rejects where it cannot say. */
  scores(question: string, texts: readonly string[]): Promise<readonly number[]>
}
