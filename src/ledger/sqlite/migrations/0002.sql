-- What the steps of a record decided, for people: replaced step by step while its round lasts.
CREATE TABLE decisions (
  record   INTEGER NOT NULL REFERENCES records (id),
  round    INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  step     TEXT NOT NULL,
  what     TEXT NOT NULL,
  by       TEXT,
  resource TEXT,
  thing    TEXT,
  PRIMARY KEY (record, round, n)
) STRICT, WITHOUT ROWID;
