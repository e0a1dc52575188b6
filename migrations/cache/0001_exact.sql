-- Remembered answers; losing this file loses no more than hits.

CREATE TABLE schema_migrations (
  version INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
);

CREATE TABLE exact_answers (
  key TEXT PRIMARY KEY NOT NULL,
  tenant TEXT NOT NULL,
  workflow TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  tier TEXT,
  form TEXT NOT NULL,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL,
  usage TEXT,
  tokens TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE INDEX exact_answers_expiry ON exact_answers (expires_at);

-- One row: how often answers were purged, so that every process on this file forgets what it has in memory.
CREATE TABLE exact_purges (purges INTEGER NOT NULL);
INSERT INTO exact_purges (purges) VALUES (0);
