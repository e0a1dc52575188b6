-- Vectors of passages, as the embedded index keeps them (cache/0002_vectors.sql): `partition` is the collection, `question` and `answer` are empty.

-- Numbers are never used again, so that what a process has in memory is never taken for another's.
CREATE TABLE vector_scopes (
  scope INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  index_name TEXT NOT NULL,
  tenant TEXT NOT NULL,
  partition TEXT NOT NULL,
  UNIQUE (index_name, tenant, partition)
);

CREATE TABLE vector_entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL,
  index_name TEXT NOT NULL,
  scope INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  key_name TEXT,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  question TEXT NOT NULL,
  answer TEXT NOT NULL
);

CREATE UNIQUE INDEX vector_entries_id ON vector_entries (id, index_name);
CREATE INDEX vector_entries_expiry ON vector_entries (expires_at);

-- By themselves and in the order of their scope, because a scope is read as a whole.
CREATE TABLE vectors (
  scope INTEGER NOT NULL,
  number INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (scope, number)
) WITHOUT ROWID;

-- One row: what there is, and how often entries were purged, so that every process on this file looks again.
CREATE TABLE vector_totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL, purges INTEGER NOT NULL);
INSERT INTO vector_totals (entries, bytes, purges) VALUES (0, 0, 0);

CREATE TRIGGER vector_entries_added AFTER INSERT ON vector_entries BEGIN
  UPDATE vector_totals SET entries = entries + 1, bytes = bytes + new.bytes;
END;

CREATE TRIGGER vector_entries_removed AFTER DELETE ON vector_entries BEGIN
  UPDATE vector_totals SET entries = entries - 1, bytes = bytes - old.bytes;
  DELETE FROM vectors WHERE scope = old.scope AND number = old.number;
END;
