-- What is billed later and nobody has read yet: when it is to be looked at behind its caller.
ALTER TABLE made_ids ADD COLUMN look_at INTEGER;
CREATE INDEX made_ids_look ON made_ids (look_at) WHERE look_at IS NOT NULL;

-- What an older version left unread, as long as providers keep it.
UPDATE made_ids SET look_at = strftime('%s', 'now') * 1000
WHERE maker IS NOT NULL AND billed_as IS NULL AND made_at > (strftime('%s', 'now') - 30 * 86400) * 1000
  AND id NOT IN (SELECT batch FROM made_ids WHERE batch IS NOT NULL AND billed_as IS NOT NULL);

-- Of what a budget has spent: what was spent before it was there, as the ledger tells.
ALTER TABLE budget_spend ADD COLUMN earlier_nano_usd INTEGER NOT NULL DEFAULT 0;

-- How far the ledger's past is counted in a budget: every attempt that began before, in Unix milliseconds.
CREATE TABLE budget_pasts (
  budget TEXT PRIMARY KEY NOT NULL,
  counted_to INTEGER NOT NULL
) WITHOUT ROWID;

-- Since when, and until when, a process holds a budget: attempts that it begins then are counted as they are opened.
CREATE TABLE budget_holders (
  budget TEXT NOT NULL,
  instance INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (budget, instance, since)
) WITHOUT ROWID;

-- Attempts that were under way when the past was counted: they are once they have ended.
CREATE TABLE budget_pending (
  budget TEXT NOT NULL,
  request_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  scope TEXT NOT NULL,
  period INTEGER NOT NULL,
  PRIMARY KEY (budget, request_id, ordinal)
) WITHOUT ROWID;

-- Budgets of an older version have counted for themselves until now.
INSERT INTO budget_pasts (budget, counted_to)
SELECT DISTINCT budget, (strftime('%s', 'now') + 1) * 1000 FROM budget_spend;
