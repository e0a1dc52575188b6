-- The ledger: every request, every attempt that a provider saw, who wrote them, and the keys given out.
-- src/storage/schema.ts describes the same tables; test/storage/schema.test.ts holds both together.

CREATE TABLE schema_migrations (
  version INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
);

-- No index but its key: ids sort by time, so that a span of time is a range of ids; what is under way is found
-- through `instances.oldest_open`. An index would cost each request a page at its opening, and again at its end.
CREATE TABLE requests (
  id TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  team TEXT,
  key_name TEXT,
  user TEXT,
  workflow TEXT NOT NULL,
  step TEXT,
  session TEXT,
  tags TEXT,
  endpoint TEXT NOT NULL,
  model_asked TEXT,
  rule TEXT,
  stream INTEGER NOT NULL,
  status INTEGER,
  error TEXT,
  tier TEXT,
  cache TEXT,
  baseline_nano_usd INTEGER,
  shadow TEXT,
  shadow_nano_usd INTEGER,
  first_chunk_ms INTEGER,
  total_ms INTEGER,
  decision_version INTEGER,
  decision TEXT
);

-- One B-tree: attempts lie in the order of their requests, which are ordered by time.
CREATE TABLE attempts (
  request_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  replica TEXT NOT NULL,
  account TEXT NOT NULL,
  tier TEXT,
  started_at INTEGER NOT NULL,
  estimated_input_tokens INTEGER NOT NULL,
  reservations TEXT,
  outcome TEXT,
  status INTEGER,
  usage TEXT,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_5m_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_30m_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0,
  audio_in_tokens INTEGER NOT NULL DEFAULT 0,
  image_in_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  reasoning_tokens INTEGER NOT NULL DEFAULT 0,
  audio_out_tokens INTEGER NOT NULL DEFAULT 0,
  image_out_tokens INTEGER NOT NULL DEFAULT 0,
  terms TEXT,
  cost_nano_usd INTEGER,
  price_version TEXT,
  first_chunk_ms INTEGER,
  total_ms INTEGER,
  PRIMARY KEY (request_id, ordinal)
) WITHOUT ROWID;

-- What an attempt cost until it was priced again at that time, by which prices, and what its request's baseline was.
CREATE TABLE repricings (
  request_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  at INTEGER NOT NULL,
  cost_nano_usd INTEGER,
  price_version TEXT,
  baseline_nano_usd INTEGER,
  PRIMARY KEY (request_id, ordinal, at)
) WITHOUT ROWID;

-- What the requests of a past hour sum to: src/storage/rollup-blob.ts reads `cells`. `raw` is 0 once the hour's own
-- rows are being deleted; from then on this is all that is known of it.
CREATE TABLE rollups (
  hour INTEGER PRIMARY KEY NOT NULL,
  requests INTEGER NOT NULL,
  raw INTEGER NOT NULL,
  cells BLOB NOT NULL
);

-- Each combination of labels by a number, which the cells of every hour name it by.
CREATE TABLE rollup_labels (
  id INTEGER PRIMARY KEY NOT NULL,
  labels TEXT NOT NULL UNIQUE
);

-- An hour in which something is priced again is summed up again.
CREATE TRIGGER repriced AFTER INSERT ON repricings BEGIN
  DELETE FROM rollups
  WHERE raw = 1 AND hour = (SELECT at - at % 3600000 FROM requests WHERE id = NEW.request_id);
END;

-- AUTOINCREMENT: the id of a process that is gone is never given to another. No request of the process with an id
-- below `oldest_open` is under way.
CREATE TABLE instances (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  oldest_open TEXT NOT NULL
);

-- What each budget has spent, and set aside for attempts under way, by the span of time in which it began.
CREATE TABLE budget_spend (
  budget TEXT NOT NULL,
  scope TEXT NOT NULL,
  period INTEGER NOT NULL,
  spent_nano_usd INTEGER NOT NULL,
  reserved_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (budget, scope, period)
) WITHOUT ROWID;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  tenant TEXT NOT NULL,
  team TEXT,
  models TEXT,
  workflows TEXT,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) WITHOUT ROWID;
