-- Of a pair: its question as it is told equal to another (knowledge/as-asked.ts). Null of rows that an earlier version read.
ALTER TABLE passages ADD COLUMN asked TEXT;
CREATE INDEX passages_asked ON passages (collection, asked) WHERE asked IS NOT NULL;
