-- What of a record's title, words and values is personal, a value a line.
ALTER TABLE records ADD COLUMN end_personal TEXT;
