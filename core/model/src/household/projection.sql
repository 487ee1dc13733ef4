-- Households, one row each.
CREATE TABLE household (
    document      BLOB NOT NULL,      -- the household's id
    item          BLOB NOT NULL,      -- empty
    region        BLOB NOT NULL,      -- the region it lives in
    address       TEXT NOT NULL,
    address_order BLOB NOT NULL,      -- orders addresses: bytes that count their numbers as numbers
    address_code  TEXT,               -- of the standard address
    tenure        TEXT,
    withdrawn     INTEGER NOT NULL,   -- 1 if it was entered by mistake
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX household_by_region ON household (region, address, document);
CREATE INDEX household_by_address_code ON household (address_code) WHERE address_code IS NOT NULL;

-- Residents, one row each. What is null here may stand in resident_private; of who is concealed only
-- name and relation stand here.
CREATE TABLE resident (
    document      BLOB NOT NULL,      -- the household
    item          BLOB NOT NULL,      -- the resident
    name          TEXT NOT NULL,
    relation      TEXT,               -- to the head of the household
    phone         TEXT,
    bond          TEXT,               -- registered, lives_here, both
    care_tags     TEXT,               -- sorted, parted by commas, without those of health
    status        TEXT,               -- of the current facts said here, the least final; null if none is
    facts_current INTEGER NOT NULL,   -- how many facts nobody replaced
    facts         BLOB,               -- these facts, a CBOR array: id, author, time, what is said here
    earlier       BLOB,               -- those that others replaced, the last first; the same
    concealed     INTEGER NOT NULL,   -- whether nothing but name and relation may be read in the open
    withdrawn     INTEGER NOT NULL,   -- 1 if they, or their household, were entered by mistake
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

-- What stands in the open of a resident who is concealed, until somebody moves it, and of one who was:
-- only for those who may read the private part.
CREATE TABLE resident_open (
    document  BLOB NOT NULL,          -- the household
    item      BLOB NOT NULL,          -- the resident
    concealed INTEGER NOT NULL,       -- 1 if the resident is concealed, 0 if they were
    fields    BLOB,                   -- a CBOR array as in resident_private
    facts     BLOB,                   -- of who is concealed: as in resident_private
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

-- Needs, one row each.
CREATE TABLE need (
    document    BLOB NOT NULL,        -- the household
    item        BLOB NOT NULL,        -- the need
    text        TEXT NOT NULL,
    time        INTEGER,              -- the city's time of its entry, milliseconds since the Unix epoch
    actor       BLOB,                 -- who entered it
    status      TEXT NOT NULL,        -- open, in_progress, met, dropped: the least final of the current facts
    note        TEXT,                 -- of those that say so
    facts       BLOB,                 -- the current facts, a CBOR array as of a resident
    earlier     BLOB,                 -- those that others replaced, the last first; the same
    withdrawn   INTEGER NOT NULL,     -- 1 if it, or its household, was entered by mistake
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;
