-- What a model's own answer told of the semantic cache's: 1 wrong, 0 right, null where nobody looked.
ALTER TABLE requests ADD COLUMN semantic_wrong INTEGER;
