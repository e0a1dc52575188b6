/** The port to where passages are kept: found by their words here, by their meaning through the vector index. */
import type { Passage } from './passage.ts'

export interface Collection {
  number: number
  /** Empty: of the whole installation. */
  tenant: string
  name: string
  /** Who made its vectors: see `InstantEmbedder.id`. */
  embedderId: string
  passages: number
}

/** Synchronous and quick: each call is a statement or two. @throws where the store cannot be read */
export interface PassageStore {
  /** The tenant's own of that name, else the installation's; undefined where there is none, or it is empty. */
  collection(name: string, tenant: string): Collection | undefined
  /** In how many of its passages each term stands. */
  frequencies(collection: Collection, terms: readonly string[]): readonly number[]
  /** Numbers of passages that hold some of the terms, best first (BM25). */
  search(collection: Collection, terms: readonly string[], count: number): readonly number[]
  /** The number of the pair that asks the same (`asAsked`), the one written alike before others. */
  pairOf(collection: Collection, question: string): number | undefined
  /** Undefined where it is gone, or of another collection. */
  passage(collection: Collection, number: number): Passage | undefined
  /** The number of a passage, by its id. */
  numberOf(collection: Collection, id: string): number | undefined
}
