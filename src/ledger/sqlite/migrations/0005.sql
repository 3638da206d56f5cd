-- Up to when what is kept for a time was erased: nothing older need be looked at again.
CREATE TABLE retained (
  tenant  TEXT NOT NULL PRIMARY KEY,
  sources INTEGER NOT NULL,
  bodies  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Causes that people were told about, while they last.
CREATE TABLE alarms (
  tenant  TEXT NOT NULL,
  cause   TEXT NOT NULL,
  flow    TEXT NOT NULL,
  subject TEXT NOT NULL,
  count   INTEGER NOT NULL,
  since   INTEGER NOT NULL,
  newest  INTEGER NOT NULL,
  told    INTEGER NOT NULL,
  PRIMARY KEY (tenant, cause)
) STRICT, WITHOUT ROWID;

-- Messages that were not sent yet.
CREATE TABLE letters (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant  TEXT NOT NULL,
  way     TEXT NOT NULL,
  subject TEXT NOT NULL,
  text    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  due     INTEGER NOT NULL,
  tries   INTEGER NOT NULL,
  words   TEXT NOT NULL
) STRICT;
CREATE INDEX letters_in_order ON letters (tenant, due, id);
