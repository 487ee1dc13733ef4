-- A replica: documents as changes and snapshots, the signed commits they came in, the outbox, and
-- the records of the log. One edit writes one row in commits, changes, outbox and projections each
-- and updates one in documents; every index below costs that edit a page, so each says what for.

-- Small facts about the replica itself; what the keys mean is the engine's affair.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY, -- such as 'cursor'
    value BLOB NOT NULL              -- opaque here
) STRICT, WITHOUT ROWID;

-- The documents held. Snapshots stand apart, so that an edit never rewrites one. The kind is not a
-- column: it is the first two bytes of the id, and a kind of a newer version is held like any other.
CREATE TABLE documents (
    number       INTEGER NOT NULL PRIMARY KEY, -- short name of the document within this file
    id           BLOB    NOT NULL UNIQUE,      -- 16 bytes
    heads        BLOB    NOT NULL,             -- 32 bytes a head, sorted; of everything held of it
    change_count INTEGER NOT NULL              -- the position of the last change stored below, from 1
) STRICT;

-- The latest compacted save of a document. Loading is: this, then the changes placed after it.
CREATE TABLE snapshots (
    document     INTEGER NOT NULL PRIMARY KEY REFERENCES documents (number),
    change_count INTEGER NOT NULL, -- the position up to which changes are contained in bytes
    bytes        BLOB    NOT NULL  -- the document with its history
) STRICT;

-- What one person did at once, as signed.
CREATE TABLE commits (
    row            INTEGER NOT NULL PRIMARY KEY, -- order of arrival
    device         BLOB    NOT NULL,             -- 16 bytes, who signed
    command        BLOB    NOT NULL,             -- 8 bytes, unique within the device
    bytes          BLOB    NOT NULL,             -- COSE_Sign1
    number         INTEGER,                      -- in the server's log; NULL until it has one
    incarnation    BLOB    NOT NULL,             -- 8 bytes, of the signing replica
    sequence       INTEGER NOT NULL,             -- within the incarnation; gaps are no error
    received_at_ms INTEGER NOT NULL,             -- milliseconds since the Unix epoch, the city's time
    replaces       BLOB,                         -- 8 bytes, the command of the first commit of the same act,
                                                 -- of one that was made anew; NULL otherwise
    UNIQUE (device, command)                     -- a commit is taken once
) STRICT;

-- The commits that were made anew of an act; of the others it costs nothing.
CREATE INDEX commits_made_anew ON commits (device, replaces) WHERE replaces IS NOT NULL;

-- The changes of documents. The rowid puts those of one document side by side in their order of
-- arrival, which is an order in which they apply: loading a document reads neighbouring pages.
-- A hash needs no index: equal hashes have equal (actor, seq).
CREATE TABLE changes (
    place      INTEGER NOT NULL PRIMARY KEY,                  -- documents.number * 2^24 + position, from 1
    document   INTEGER NOT NULL REFERENCES documents (number),
    actor      BLOB    NOT NULL,                              -- 10 bytes, the writer's sequence
    seq        INTEGER NOT NULL,                              -- the position in that sequence, from 1
    hash       BLOB    NOT NULL,                              -- 32 bytes
    commit_row INTEGER NOT NULL REFERENCES commits (row),
    entry      INTEGER NOT NULL,                              -- the place in the commit's list of digests
    salt       BLOB    NOT NULL,                              -- 16 bytes; empty once erased
    bytes      BLOB    NOT NULL,                              -- the uncompressed change; empty once erased
    UNIQUE (document, actor, seq)                             -- two that differ are a fork
) STRICT;

-- A commit is sent with its parts.
CREATE INDEX changes_by_commit ON changes (commit_row);

-- Work, own or carried for a neighbour, on its way to the server's acknowledgement. The command is
-- kept after it, because a restored server may ask for the work again.
CREATE TABLE outbox (
    commit_row   INTEGER NOT NULL PRIMARY KEY REFERENCES commits (row),
    command      BLOB    NOT NULL,             -- what the person wanted, to author it anew
    state        INTEGER NOT NULL,             -- 0 queued, 1 sent, 2 acknowledged, 3 held, 4 refused,
                                               -- 5 superseded
    code         TEXT    NOT NULL DEFAULT '',  -- of a held or refused one: why, for a person to read about
    queued_at_ms INTEGER NOT NULL,             -- milliseconds since the Unix epoch, the city's time
    carried_for  BLOB    NOT NULL DEFAULT x'', -- 16 bytes of the neighbour's device; empty for own work
    stands       INTEGER NOT NULL DEFAULT 1,   -- 0: its changes were taken out of their documents, since it
                                               -- is held or stands on what is
    planned_on   BLOB    NOT NULL DEFAULT x''  -- the documents it was planned on, as its author saw them
) STRICT;

-- What waits and what is held is found without reading years of acknowledged work.
CREATE INDEX outbox_open ON outbox (state) WHERE state <> 2;

-- Entries of the log other than commits: grants, verdicts, decisions, revocations, and those of
-- kinds this version does not know.
CREATE TABLE records (
    row    INTEGER NOT NULL PRIMARY KEY, -- order of arrival
    number INTEGER,                      -- in the server's log; NULL for one handed over outside it
    kind   INTEGER NOT NULL,             -- the record kind of the protocol
    digest BLOB    NOT NULL UNIQUE,      -- 32 bytes, SHA-256 of bytes; how commits name a grant
    bytes  BLOB    NOT NULL              -- as signed
) STRICT;

-- The record of a number, and those after one.
CREATE INDEX records_by_number ON records (number) WHERE number IS NOT NULL;

-- Entries of the log that this version cannot read, or that build on such, and entries that it does not
-- let pass: kept whole as they came, and judged again by the first version that knows more.
-- A first sync brings a commit once for each of its documents, with that document's part.
CREATE TABLE unread (
    row    INTEGER NOT NULL PRIMARY KEY, -- order of arrival
    number INTEGER NOT NULL,             -- in the server's log
    kind   INTEGER NOT NULL,             -- the record kind of the protocol
    record BLOB    NOT NULL,             -- as signed
    parts  BLOB    NOT NULL,             -- opaque here
    code   TEXT    NOT NULL,             -- why it was set aside; empty for what cannot be read yet
    UNIQUE (number, parts)
) STRICT;

-- Which documents they are about: a later entry about one of these waits behind them.
CREATE TABLE unread_documents (
    document BLOB    NOT NULL, -- 16 bytes, the id
    number   INTEGER NOT NULL, -- of the entry in unread
    PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;

-- Parts of commits that no document holds: of work that does not stand, and of what was saved from a
-- corrupt file without its documents. They go once their document holds them.
CREATE TABLE parts_aside (
    commit_row INTEGER NOT NULL REFERENCES commits (row),
    entry      INTEGER NOT NULL, -- as in changes, like all that follow
    document   BLOB    NOT NULL, -- 16 bytes, the id
    actor      BLOB    NOT NULL,
    seq        INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    salt       BLOB    NOT NULL,
    bytes      BLOB    NOT NULL,
    PRIMARY KEY (commit_row, entry)
) STRICT;

-- What stands in the place of a change that was taken out to be made anew: the changes made in its place,
-- or what it stood on where none was made. What was planned on it is then made anew on these.
CREATE TABLE stand_ins (
    document BLOB NOT NULL, -- 16 bytes, the id
    change   BLOB NOT NULL, -- 32 bytes, the hash of what was taken out
    heads    BLOB NOT NULL, -- 32 bytes each; may be empty
    PRIMARY KEY (document, change)
) STRICT, WITHOUT ROWID;

-- Forms that somebody has begun to fill in and not saved. They are this device's alone and never sent.
CREATE TABLE drafts (
    place      INTEGER NOT NULL PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE, -- the app's name for it
    household  BLOB    NOT NULL,        -- 16 bytes, the id; empty for a form about none
    form       TEXT    NOT NULL,        -- which form, as the app calls it
    bytes      BLOB    NOT NULL,        -- what was filled in, opaque here
    kept_at_ms INTEGER NOT NULL         -- milliseconds since the Unix epoch, the city's time
) STRICT;
