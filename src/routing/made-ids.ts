/** The port to what is known of ids that providers gave out: an id means something only to the account that made it. */

export type LateEndpoint = 'responses' | 'batches' | 'messages/batches'

/** Whom what is billed later is billed to, and what it is. */
export interface Maker {
  /** Undefined in what an older version wrote. */
  endpoint?: LateEndpoint | undefined
  model?: string | undefined
  team: string | undefined
  key: { id: string; name: string } | undefined
  user: string | undefined
  workflow: string
  step: string | undefined
  session: string | undefined
  tags: Readonly<Record<string, string>>
}

export interface MadeId {
  id: string
  tenant: string
  provider: string
  account: string
  /** Where it was made; a server of one's own keeps what it made to itself. */
  replica: string
  /** Unix milliseconds. */
  madeAt: number
  /** Of what is billed once it is read: a batch, a response in the background. */
  maker?: Maker | undefined
  /** Of the file that holds a batch's answers: the batch. */
  batch?: string | undefined
  /** When it is to be looked at, because nobody has read it yet; undefined once it is billed. Unix milliseconds. */
  lookAt?: number | undefined
}

/** Under which request a batch is billed. */
export interface BatchClaim {
  requestId: string
  /** Unix milliseconds. */
  at: number
}

export interface MadeIds {
  /** Undefined for an id that nobody here made, or that was not asked for in a long time. */
  find(id: string): MadeId | undefined | Promise<MadeId | undefined>
  /**
   * The first to make an id stays its maker. Known at once; resolves when it is kept, or when waiting longer
   * would help nobody. Never rejects.
   */
  remember(made: readonly MadeId[]): Promise<void>
  /**
   * Whoever reads a batch's answers, or a response of the background, first bills them: under the request that is returned, which is `first` unless an
   * earlier reader was cut off and left another. Undefined where they are billed, or are being billed now.
   * @throws Failure `ledger_unavailable`
   */
  claimBatch(fileId: string, first: BatchClaim): Promise<BatchClaim | undefined>
  /** Resolves once what the claim bills is in the ledger, or when waiting longer would help nobody. */
  billed(claim: BatchClaim): Promise<void>
  /** The claim's billing was not written: the next reader may try again. */
  abandonBatch(fileId: string): void
  /** What is billed later and is to be looked at by now, the longest overdue first. */
  overdue(now: number, most: number): readonly MadeId[] | Promise<readonly MadeId[]>
  /**
   * When it is to be looked at next; undefined: never again.
   * @returns false where another process has set it meanwhile, and so looks at it now
   */
  lookNext(made: Pick<MadeId, 'id' | 'lookAt'>, at: number | undefined): boolean | Promise<boolean>
  /** How much is not billed yet. */
  unbilled(): number
}
