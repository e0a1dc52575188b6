-- How prompts repeat each other, summed by the hour in which they were answered; digests and texts are never here.
-- `prompts`: answered and long enough for providers to cache; `compared`: with an earlier one; `priced`: of these, to
-- models with a known price. `missed_…`: what repeated an earlier prompt and was not read from a cache.
CREATE TABLE prefix_hours (
  hour INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  prompts INTEGER NOT NULL,
  compared INTEGER NOT NULL,
  priced INTEGER NOT NULL,
  missed_tokens INTEGER NOT NULL,
  missed_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (hour, workflow, provider, model)
) WITHOUT ROWID;

-- Where compared prompts first differed: `near` is the power of two below the character, `characters` their sum.
-- `movable_…`: what could have been read besides, did what changes come last.
CREATE TABLE prefix_places (
  hour INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  place TEXT NOT NULL,
  message INTEGER NOT NULL,
  what TEXT NOT NULL,
  near INTEGER NOT NULL,
  times INTEGER NOT NULL,
  characters INTEGER NOT NULL,
  movable_tokens INTEGER NOT NULL,
  movable_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (hour, workflow, provider, model, place, message, what, near)
) WITHOUT ROWID;

-- How soon a compared prompt's beginning had been asked before; `within_seconds` is 0 for longer than any bound, or never.
CREATE TABLE prefix_reuse (
  hour INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  within_seconds INTEGER NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (hour, workflow, provider, model, within_seconds)
) WITHOUT ROWID;

-- Prefixes that were asked for so that their providers keep them, and callers' prompts that found them kept by that.
CREATE TABLE prefix_warmed (
  hour INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  refreshes INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  found INTEGER NOT NULL,
  spared_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (hour, workflow, provider, model)
) WITHOUT ROWID;
