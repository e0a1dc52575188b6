-- Documents of the operator's, cut into passages, by collection. `embedder` names who made a collection's vectors: those of two
-- are never compared.

CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, applied_at INTEGER NOT NULL);

-- An empty tenant is the whole installation. Numbers are never used again.
CREATE TABLE collections (
  number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  embedder TEXT NOT NULL,
  passages INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL,
  UNIQUE (tenant, name)
);

CREATE TABLE documents (
  number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  collection INTEGER NOT NULL,
  source TEXT NOT NULL,
  -- Of the file's bytes and of how they are read.
  digest TEXT NOT NULL,
  passages INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  UNIQUE (collection, source)
);

-- `marks` tells lines: pairs of an offset in the text and the line (of a PDF the page) that begins there.
CREATE TABLE passages (
  number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  collection INTEGER NOT NULL,
  document INTEGER NOT NULL,
  heading TEXT NOT NULL,
  -- Of a pair of question and answer; the text is then the answer.
  question TEXT,
  text TEXT NOT NULL,
  marks TEXT NOT NULL,
  -- What it was counted with in passage_terms.
  terms TEXT NOT NULL
);

-- What the encoder says of each sentence of a passage: 8-bit numbers, one vector after the other. Absent without an encoder.
CREATE TABLE sentence_vectors (
  passage INTEGER PRIMARY KEY NOT NULL,
  encoder TEXT NOT NULL,
  vectors BLOB NOT NULL
);

CREATE INDEX passages_document ON passages (document);

-- In how many passages of its collection each term stands.
CREATE TABLE passage_terms (
  collection INTEGER NOT NULL,
  term TEXT NOT NULL,
  passages INTEGER NOT NULL,
  PRIMARY KEY (collection, term)
) WITHOUT ROWID;

-- Terms, not words: how they are made of words is the program's. `scope` is c and the collection's number.
CREATE VIRTUAL TABLE passage_index USING fts5(
  scope, heading, body, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0 tokenchars '._'"
);
