/** The port to what is known of ids that providers gave out: an id means something only to the account that made it. */

/** Whom what is billed later is billed to. */
export interface Maker {
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
}
