-- One city on one server: the log and everything derived from it.
-- Integers are numbers of the log, counts, bytes, or milliseconds since the Unix epoch (…_ms).

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY, -- a name, such as "city_name"
    value BLOB NOT NULL              -- its bytes
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
    id               INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- there is one log
    log              BLOB    NOT NULL, -- the log's id
    generation       INTEGER NOT NULL, -- rises when a restored server begins a new branch
    number           INTEGER NOT NULL, -- of the last entry
    chain            BLOB    NOT NULL, -- the chain hash there
    backed_up_to     INTEGER NOT NULL, -- the last number in a backup
    regions_number   INTEGER NOT NULL, -- the last entry that changed a region
    grants_number    INTEGER NOT NULL  -- the last entry that gave or took a grant
) STRICT;

CREATE TABLE log (
    number INTEGER NOT NULL PRIMARY KEY, -- from 1, without gaps
    kind   INTEGER NOT NULL,             -- 1 commit, 2 decision, 3 verdict, 4 grant, 5 revocation, 6 erasure,
                                         -- 8 announcement
    record BLOB    NOT NULL,             -- the signed record
    digest BLOB    NOT NULL,             -- SHA-256 of the record
    chain  BLOB    NOT NULL              -- the chain hash with this entry
) STRICT;

CREATE TABLE commits (
    device      BLOB    NOT NULL, -- who signed it
    command     BLOB    NOT NULL, -- its command
    incarnation BLOB    NOT NULL, -- which life of the device's file made it
    sequence    INTEGER NOT NULL, -- its number within that life
    number      INTEGER NOT NULL, -- its entry, or the verdict that holds it
    digest      BLOB    NOT NULL, -- SHA-256 of the signed commit
    act         BLOB    NOT NULL, -- the command of the first commit of the same act; its own, but for one
                                  -- that was made anew
    held        TEXT    NOT NULL DEFAULT '', -- the code of that verdict, empty if admitted
    superseded  INTEGER, -- the verdict that says that another commit of the act stands; null for none
    PRIMARY KEY (device, command)
) STRICT, WITHOUT ROWID;
-- Of the commits of an act one is admitted at most.
CREATE UNIQUE INDEX commits_by_act ON commits (device, act) WHERE held = '' AND superseded IS NULL;
-- Those of an act that are held, for when another one is admitted.
CREATE INDEX commits_held_by_act ON commits (device, act) WHERE held <> '' AND superseded IS NULL;
-- Whether a place in a life was given before.
CREATE INDEX commits_by_sequence ON commits (device, incarnation, sequence);

CREATE TABLE parts (
    number   INTEGER NOT NULL, -- the entry
    entry    INTEGER NOT NULL, -- the place in the commit's list
    document BLOB    NOT NULL,
    salt     BLOB    NOT NULL, -- of the digest in the commit
    change   BLOB    NOT NULL, -- uncompressed
    hash     BLOB    NOT NULL, -- of the change
    actor    BLOB    NOT NULL,
    seq      INTEGER NOT NULL, -- the change's number within document and actor
    PRIMARY KEY (number, entry),
    UNIQUE (document, actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE actors (
    actor  BLOB NOT NULL PRIMARY KEY, -- who writes in a document: one life of a device's file
    device BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    id           BLOB    NOT NULL PRIMARY KEY,
    kind         INTEGER NOT NULL, -- the first two bytes of the id
    home         BLOB    NOT NULL, -- the region it lives in
    heads        BLOB    NOT NULL, -- of the snapshot, 32 bytes each, sorted
    change_count INTEGER NOT NULL,
    first_number INTEGER NOT NULL, -- the entry that made it
    snapshot     BLOB    NOT NULL  -- the document with its history; empty for an unknown kind. The
                                   -- last, so that the rest is read without it
) STRICT;
CREATE INDEX documents_by_home ON documents (home, kind, id);

CREATE TABLE audience (
    region BLOB    NOT NULL, -- the home region of what was touched
    kind   INTEGER NOT NULL, -- the kind that was touched there; 0 for grants and the like
    number INTEGER NOT NULL, -- the entry
    PRIMARY KEY (region, kind, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audience_by_number ON audience (number);

CREATE TABLE own (
    device BLOB    NOT NULL, -- who may see the entry though no audience of theirs does
    number INTEGER NOT NULL,
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE regions (
    document BLOB NOT NULL PRIMARY KEY,
    code     TEXT NOT NULL UNIQUE, -- what people and the command line call it
    parent   BLOB,                 -- null for the city
    level    TEXT NOT NULL,
    name     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX regions_by_parent ON regions (parent);

CREATE TABLE devices (
    device             BLOB    NOT NULL PRIMARY KEY,
    key                BLOB    NOT NULL, -- CBOR [algorithm, bytes]
    name               TEXT    NOT NULL,
    enrolled_at_ms     INTEGER NOT NULL,
    seen_at_ms         INTEGER NOT NULL,
    confirmed_number   INTEGER NOT NULL DEFAULT 0,   -- the last that it confirmed
    held_bytes         INTEGER NOT NULL DEFAULT 0,   -- kept but not admitted, against its quota
    day                INTEGER NOT NULL DEFAULT 0,   -- of its last commit, in days since 1970
    day_bytes          INTEGER NOT NULL DEFAULT 0,   -- admitted or refused on that day, against its quota
    audience           BLOB    NOT NULL DEFAULT x'', -- the digest of the audiences it is given
    audience_from      INTEGER NOT NULL DEFAULT 0    -- where the log stood when that began
) STRICT, WITHOUT ROWID;

CREATE TABLE confirmations (
    device        BLOB    NOT NULL,
    generation    INTEGER NOT NULL, -- of the log
    incarnation   BLOB    NOT NULL,
    last_sequence INTEGER NOT NULL, -- the last commit that it had made in this life as it confirmed
    number        INTEGER NOT NULL, -- the highest that it confirmed then
    PRIMARY KEY (device, generation, incarnation, last_sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    digest BLOB    NOT NULL PRIMARY KEY,
    device BLOB    NOT NULL, -- the holder
    bytes  BLOB    NOT NULL, -- signed
    number INTEGER NOT NULL  -- its entry
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_device ON grants (device, number);

CREATE TABLE ends (
    number      INTEGER NOT NULL PRIMARY KEY, -- the revocation that ended the device
    device      BLOB    NOT NULL,
    at_ms       INTEGER NOT NULL,
    why         TEXT    NOT NULL, -- what its holder is told
    incarnation BLOB,             -- of its last Hello before it was told, null before the first
    sequence    INTEGER NOT NULL, -- the last that it had made then, 0 before that
    told        INTEGER NOT NULL  -- whether it said that it was told, or was given something since
) STRICT;
CREATE INDEX ends_by_device ON ends (device, number);

CREATE TABLE invitations (
    secret        BLOB    NOT NULL PRIMARY KEY, -- the SHA-256 of it
    name          TEXT    NOT NULL, -- for whom
    role          TEXT    NOT NULL,
    region        BLOB    NOT NULL,
    grant_ms      INTEGER NOT NULL, -- how long the grant will last
    expires_at_ms INTEGER NOT NULL, -- of the invitation itself
    generation    INTEGER NOT NULL, -- it is void in a later one
    announced     INTEGER NOT NULL, -- the serial up to which announcements are older than it
    tls_key       BLOB    NOT NULL, -- the SHA-256 of the TLS key that it pins
    used_by       BLOB,             -- the device, null while open
    grant_digest  BLOB,             -- what the device got
    cancelled_at_ms INTEGER         -- when the operator took it back
) STRICT, WITHOUT ROWID;

CREATE TABLE held (
    device  BLOB    NOT NULL,
    command BLOB    NOT NULL,
    number  INTEGER NOT NULL, -- the verdict
    record  BLOB    NOT NULL, -- the signed commit
    parts   BLOB    NOT NULL, -- CBOR [[document, salt, change]…]
    PRIMARY KEY (device, command)
) STRICT;

CREATE TABLE held_changes (
    document BLOB NOT NULL,
    hash     BLOB NOT NULL, -- a change that was held: what stands on it is held with it
    device   BLOB NOT NULL, -- the held commit that it is of
    command  BLOB NOT NULL,
    PRIMARY KEY (document, hash, device, command)
) STRICT, WITHOUT ROWID;
