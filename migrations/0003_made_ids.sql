-- Ids that providers gave out, and the account that each belongs to. `used_at` is when it was last asked for, to the
-- day; `maker` is JSON, of batches; `batch` is set for a file of a batch's answers, and `billed_as` once it is read.

CREATE TABLE made_ids (
  id TEXT PRIMARY KEY NOT NULL,
  tenant TEXT NOT NULL,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  replica TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  maker TEXT,
  batch TEXT,
  billed_as TEXT,
  billed_at INTEGER
) WITHOUT ROWID;

CREATE INDEX made_ids_used ON made_ids (used_at);
