-- What was learned of hits, by workflow and by remembered answer; JSON that src/cache/semantic/evidence-store.ts names.

CREATE TABLE semantic_evidence (
  workflow TEXT NOT NULL,
  embedder TEXT NOT NULL,
  evidence TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (workflow, embedder)
) WITHOUT ROWID;

CREATE TABLE semantic_entry_evidence (
  id TEXT PRIMARY KEY NOT NULL,
  evidence TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
