-- Visits, one row each.
CREATE TABLE visit (
    document  BLOB NOT NULL,          -- the household's visits of a year
    item      BLOB NOT NULL,          -- the visit
    household BLOB NOT NULL,          -- who was visited
    at        TEXT NOT NULL,          -- the day, YYYY-MM-DD
    purpose   TEXT,
    note      TEXT,
    visitor   TEXT,                   -- who went there, in words
    time      INTEGER,                -- the city's time of its entry, milliseconds since the Unix epoch
    actor     BLOB,                   -- who entered it
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_by_household ON visit (household, at);

-- Notes about households, one row each.
CREATE TABLE note (
    document  BLOB NOT NULL,          -- the household's visits of a year
    item      BLOB NOT NULL,          -- the note
    household BLOB NOT NULL,          -- whom it is about
    text      TEXT NOT NULL,
    at        TEXT NOT NULL,          -- the day, YYYY-MM-DD
    time      INTEGER,                -- the city's time of its entry, milliseconds since the Unix epoch
    actor     BLOB,                   -- who entered it
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX note_by_household ON note (household, at);
