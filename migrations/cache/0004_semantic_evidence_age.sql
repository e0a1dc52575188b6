-- Evidence of entries that are long gone is deleted by its age, a few rows at a time.
CREATE INDEX semantic_entry_evidence_age ON semantic_entry_evidence (updated_at);
