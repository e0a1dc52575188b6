-- What routing learns of each workflow's own traffic; see src/routing/learn/learn-store.ts. No text is in here: features are
-- hashes and a vector.

CREATE TABLE schema_migrations (
  version INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE learn_labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  workflow TEXT NOT NULL,
  pair TEXT NOT NULL,
  scheme TEXT NOT NULL,
  at INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  begun_at TEXT NOT NULL,
  -- 1, 0, or NULL where nobody could tell
  agrees INTEGER,
  features BLOB NOT NULL
);

CREATE INDEX learn_labels_scope ON learn_labels (workflow, pair, scheme, id);

CREATE TABLE learn_versions (
  workflow TEXT NOT NULL,
  pair TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  status_at INTEGER NOT NULL,
  scheme TEXT NOT NULL,
  cut REAL NOT NULL,
  -- JSON: calibration and figures
  told TEXT NOT NULL,
  weights BLOB NOT NULL,
  PRIMARY KEY (workflow, pair, number)
) WITHOUT ROWID;

CREATE TABLE learn_standings (
  workflow TEXT NOT NULL,
  pair TEXT NOT NULL,
  -- JSON: Standing
  standing TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (workflow, pair)
) WITHOUT ROWID;
