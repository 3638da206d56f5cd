-- Whether it was a person who said what became of an attempt.
ALTER TABLE attempts ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
