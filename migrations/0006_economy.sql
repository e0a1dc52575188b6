-- Which model a baseline is of, and what of it is whose saving: JSON (src/metering/savings-note.ts), null for most.
ALTER TABLE requests ADD COLUMN savings TEXT;

-- From when to when a provider stood ready that costs by the hour, used or not: a row for each run of trimtab with the
-- same configuration, its end moved on while it runs. Where rows overlap, the time counts once.
CREATE TABLE standing_spans (
  id INTEGER PRIMARY KEY NOT NULL,
  provider TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  replicas INTEGER NOT NULL,
  nano_usd_per_hour INTEGER NOT NULL
);

-- What a past hour of such a provider served. `nano_usd` is spread over the attempts of the hour, by their tokens.
CREATE TABLE standing_hours (
  hour INTEGER NOT NULL,
  provider TEXT NOT NULL,
  nano_usd INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  busy_ms INTEGER NOT NULL,
  PRIMARY KEY (hour, provider)
) WITHOUT ROWID;
