-- What reports need beside the sums by hour, kept in the hour's own row so that it comes and goes with it:
-- `parts`: what the input consisted of, by cell; src/storage/rollup-blob.ts reads it.
-- `columns`, `column_parts`: the hour's requests one by one, for reports by user and tag and for zones whose hours lie
-- across UTC's; src/storage/column-blob.ts reads them. They go with the requests' own rows.
ALTER TABLE rollups ADD COLUMN parts BLOB;
ALTER TABLE rollups ADD COLUMN columns BLOB;
ALTER TABLE rollups ADD COLUMN column_parts BLOB;

-- Users and tags by a number, which those columns name them by. A word goes once no hour since `last_hour` has rows.
CREATE TABLE rollup_words (
  id INTEGER PRIMARY KEY NOT NULL,
  word TEXT NOT NULL UNIQUE,
  last_hour INTEGER NOT NULL
);

-- Hours whose requests are still there are summed up again, now with all of this.
DELETE FROM rollups WHERE raw = 1;

-- The sums of whole days of UTC, which most reports over weeks are made of. Bit N of `hours` is set where the day's hour
-- N has sums; whatever changes those drops the day.
CREATE TABLE rollup_days (
  day INTEGER PRIMARY KEY NOT NULL,
  hours INTEGER NOT NULL,
  cells BLOB NOT NULL,
  parts BLOB
);

CREATE TRIGGER hour_summed AFTER INSERT ON rollups BEGIN
  DELETE FROM rollup_days WHERE day = NEW.hour - NEW.hour % 86400000;
END;

CREATE TRIGGER hour_forgotten AFTER DELETE ON rollups BEGIN
  DELETE FROM rollup_days WHERE day = OLD.hour - OLD.hour % 86400000;
END;
