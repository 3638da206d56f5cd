-- Times are microseconds since 1970, hashes 32 bytes.

CREATE TABLE lanes (
  tenant TEXT NOT NULL,
  lane   TEXT NOT NULL,
  epoch  INTEGER NOT NULL,
  holder TEXT,
  until  INTEGER NOT NULL,
  PRIMARY KEY (tenant, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE flows (
  tenant    TEXT NOT NULL,
  flow      TEXT NOT NULL,
  cursor    TEXT,
  paused    TEXT,
  paused_at INTEGER,
  version   BLOB,
  PRIMARY KEY (tenant, flow)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
  id     INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  flow   TEXT NOT NULL,
  hash   BLOB NOT NULL,
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  files  BLOB NOT NULL,
  UNIQUE (tenant, flow, hash)
) STRICT;

CREATE TABLE runs (
  id       INTEGER PRIMARY KEY,
  tenant   TEXT NOT NULL,
  flow     TEXT NOT NULL,
  started  INTEGER NOT NULL,
  ended    INTEGER NOT NULL,
  new      INTEGER NOT NULL,
  waiting  INTEGER NOT NULL,
  done     INTEGER NOT NULL,
  skipped  INTEGER NOT NULL,
  held     INTEGER NOT NULL,
  failed   INTEGER NOT NULL,
  in_doubt INTEGER NOT NULL,
  stopped  INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  fault    TEXT
) STRICT;
CREATE INDEX runs_of_flow ON runs (tenant, flow, id);

CREATE TABLE records (
  id            INTEGER PRIMARY KEY,
  tenant        TEXT NOT NULL,
  flow          TEXT NOT NULL,
  key           TEXT NOT NULL,
  title         TEXT NOT NULL,
  place         INTEGER NOT NULL,
  status        TEXT NOT NULL
    CHECK (status IN ('waiting', 'done', 'skipped', 'held', 'failed', 'in doubt', 'stopped')),
  round         INTEGER NOT NULL,
  content       BLOB NOT NULL,
  version       BLOB NOT NULL,
  first_seen    INTEGER NOT NULL,
  changed       INTEGER NOT NULL,
  due           INTEGER,
  completed     INTEGER,
  end_status    TEXT,
  end_code      INTEGER,
  end_reason    TEXT,
  end_step      TEXT,
  end_place     TEXT,
  end_field     TEXT,
  end_value     TEXT,
  end_requests  INTEGER,
  end_version   BLOB,
  UNIQUE (tenant, key, flow)
) STRICT;
CREATE INDEX records_in_order ON records (tenant, flow, status, place, id);
CREATE INDEX records_by_change ON records (tenant, changed, id);
CREATE INDEX records_by_title ON records (tenant, title);

-- Beside the record, so that a change of status does not write the bytes again.
CREATE TABLE sources (
  record INTEGER PRIMARY KEY REFERENCES records (id),
  bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE made (
  record   INTEGER NOT NULL REFERENCES records (id),
  n        INTEGER NOT NULL,
  resource TEXT NOT NULL,
  thing    TEXT NOT NULL,
  PRIMARY KEY (record, n),
  UNIQUE (record, resource, thing)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  id     INTEGER PRIMARY KEY,
  record INTEGER NOT NULL REFERENCES records (id),
  round  INTEGER NOT NULL,
  name   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  value  BLOB NOT NULL,
  UNIQUE (record, round, name)
) STRICT;

CREATE TABLE attempts (
  tenant   TEXT NOT NULL,
  flow     TEXT NOT NULL,
  key      TEXT NOT NULL,
  step     TEXT NOT NULL,
  n        INTEGER NOT NULL,
  key_text TEXT NOT NULL,
  body     BLOB,
  reserved INTEGER NOT NULL,
  answered INTEGER,
  state    TEXT NOT NULL CHECK (state IN ('open', 'made', 'not applied', 'unknown', 'absent')),
  thing    TEXT,
  class    TEXT,
  words    TEXT,
  PRIMARY KEY (tenant, flow, key, step, n)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX made_once ON attempts (tenant, flow, key, step) WHERE state = 'made';
CREATE INDEX unsettled ON attempts (tenant, flow, key, step, n) WHERE state IN ('open', 'unknown');

-- Each pair stands here twice, once from each side.
CREATE TABLE links (
  tenant         TEXT NOT NULL,
  resource       TEXT NOT NULL,
  thing          TEXT NOT NULL,
  other_resource TEXT NOT NULL,
  other_thing    TEXT NOT NULL,
  extra          TEXT NOT NULL,
  flow           TEXT NOT NULL,
  at             INTEGER NOT NULL,
  PRIMARY KEY (tenant, resource, thing, other_resource, other_thing)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  tenant     TEXT NOT NULL,
  connection TEXT NOT NULL,
  version    INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  bytes      BLOB,
  PRIMARY KEY (tenant, connection)
) STRICT, WITHOUT ROWID;

CREATE TABLE activity (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  flow      TEXT NOT NULL,
  key       TEXT,
  step      TEXT,
  direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
  system    TEXT NOT NULL,
  method    TEXT NOT NULL,
  url       TEXT NOT NULL,
  status    INTEGER,
  millis    INTEGER NOT NULL,
  attempt   INTEGER,
  request   BLOB NOT NULL,
  answer    BLOB NOT NULL
) STRICT;
CREATE INDEX activity_by_time ON activity (tenant, at);
CREATE INDEX activity_of_record ON activity (tenant, flow, key, id);
CREATE INDEX activity_of_tenant ON activity (tenant);
